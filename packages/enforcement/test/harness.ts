import { X509Certificate } from 'node:crypto';
import type { ConfigSnapshot, LimitState } from '@portico/contracts';
import { aClient, aCollection, TEST_TOKEN } from '@portico/testkit';
import type { ConfigIndex, Decision, DecisionContext, InboundRequest } from '../src/index.ts';
import { compile, decide } from '../src/index.ts';
import type { VerifiedClaims } from '../src/index.ts';

export const NOW_MS = Date.parse('2026-03-01T12:00:00Z');

/** A sealed secret as the contract wants it, openable by `material`. */
export const sealed = (text: string): string =>
  `v1.test.aXY.${Buffer.from(text, 'utf8').toString('base64url')}`;

export const material = {
  unseal(text: string): string {
    const [version, keyId, , secret = ''] = text.split('.');
    if (version !== 'v1' || keyId !== 'test') throw new Error('unknown sealing key');
    return Buffer.from(secret, 'base64url').toString('utf8');
  },
};

export const aSnapshot = (over: Partial<ConfigSnapshot> = {}): ConfigSnapshot => ({
  revision: 7,
  collections: [aCollection()],
  clients: [aClient()],
  policies: [],
  ...over,
});

export const anIndex = (over: Partial<ConfigSnapshot> = {}): ConfigIndex =>
  compile(aSnapshot(over), material);

export const IDENTITY = { 'x-client-id': 'cl_acme', 'x-profile-id': 'pr_default' };
export const TOKEN_HEADERS = { ...IDENTITY, authorization: `Bearer ${TEST_TOKEN}` };

/** A call that the default snapshot admits. */
export const aRequest = (over: Partial<InboundRequest> = {}): InboundRequest => ({
  method: 'GET',
  path: '/v1/orders',
  query: '',
  headers: TOKEN_HEADERS,
  clientIp: '192.0.2.1',
  peerCertificate: null,
  ...over,
});

export interface Recording extends DecisionContext {
  /** Keys of the scopes something was taken from, in order. */
  readonly taken: string[];
}

/** A context whose meters grant and count, whose issuer is unknown and whose cache remembers. */
export function aContext(over: Partial<DecisionContext> = {}): Recording {
  const taken: string[] = [];
  const remembered = new Map<string, VerifiedClaims>();
  return {
    nowMs: NOW_MS,
    taken,
    meters: {
      take(scope) {
        taken.push(scope.key);
        return { kind: 'granted', limits: (): LimitState[] => [] };
      },
    },
    keys: { find: () => ({ kind: 'unknown' }) },
    verifiedTokens: {
      get: (profile, token) => remembered.get(`${profile.id} ${token}`),
      set: (profile, token, claims) => void remembered.set(`${profile.id} ${token}`, claims),
    },
    ...over,
  };
}

/** `admitted`, `pending`, or the code of the refusal. */
export const outcomeOf = (decision: Decision): string =>
  decision.kind === 'refused' ? decision.code : decision.kind;

export const decideOutcome = (
  index: ConfigIndex,
  request: InboundRequest,
  context: DecisionContext = aContext(),
): string => outcomeOf(decide(index, request, context));

export const certificate = (pem: string): X509Certificate => new X509Certificate(pem);
