import type { SigningKeys } from '@portico/enforcement';
import type { Logger } from '@portico/telemetry';
import { fetchIssuerKeys } from './jwks.ts';
import type { IssuerKey } from './jwks.ts';

export interface IssuerKeysOptions {
  readonly logger: Logger;
  readonly nowMs?: () => number;
  /** Keys older than this are fetched again in the background. */
  readonly refreshAfterMs?: number;
  /** Pause between fetches for one issuer, however many unknown kids or failures there are. */
  readonly coolDownMs?: number;
  /** How long keys are used while their issuer cannot be reached. */
  readonly staleForMs?: number;
  readonly timeoutMs?: number;
}

const MINUTE_MS = 60_000;
const ISSUERS_MAX = 1_000;

interface Kept {
  keys: readonly IssuerKey[];
  /** 0 = never. */
  fetchedAtMs: number;
  triedAtMs: number;
  fetching: Promise<void> | null;
}

/**
 * Keys of OIDC issuers. Nothing on the request path waits for the network unless a key is needed
 * that nobody has yet; tokens with invented kids cannot make us ask more than once per cool-down.
 */
export class IssuerKeys implements SigningKeys {
  readonly #options: Required<IssuerKeysOptions>;
  readonly #keptBySource = new Map<string, Kept>();

  constructor(options: IssuerKeysOptions) {
    this.#options = {
      nowMs: Date.now,
      refreshAfterMs: 10 * MINUTE_MS,
      coolDownMs: MINUTE_MS / 4,
      staleForMs: 24 * 60 * MINUTE_MS,
      timeoutMs: 5_000,
      ...options,
    };
  }

  find(
    issuer: string,
    jwksUri: string | undefined,
    kid: string | undefined,
    algorithm: string,
  ): ReturnType<SigningKeys['find']> {
    const { nowMs, refreshAfterMs, coolDownMs, staleForMs } = this.#options;
    const now = nowMs();
    const kept = this.#keptOf(`${issuer}\n${jwksUri ?? ''}`);
    const mayFetch = kept.triedAtMs === 0 || now - kept.triedAtMs >= coolDownMs;
    const isUsable = kept.fetchedAtMs > 0 && now - kept.fetchedAtMs < staleForMs;
    const keys = isUsable ? matching(kept.keys, kid, algorithm) : [];
    if (keys.length > 0) {
      if (mayFetch && now - kept.fetchedAtMs >= refreshAfterMs)
        void this.#fetch(kept, issuer, jwksUri);
      return { kind: 'found', keys };
    }
    if (kept.fetching !== null) return { kind: 'pending', ready: kept.fetching };
    if (!mayFetch) return { kind: 'unknown' };
    return { kind: 'pending', ready: this.#fetch(kept, issuer, jwksUri) };
  }

  #keptOf(source: string): Kept {
    let kept = this.#keptBySource.get(source);
    if (kept === undefined) {
      const oldest = this.#keptBySource.keys().next().value;
      if (this.#keptBySource.size >= ISSUERS_MAX && oldest !== undefined) {
        this.#keptBySource.delete(oldest);
      }
      kept = { keys: [], fetchedAtMs: 0, triedAtMs: 0, fetching: null };
      this.#keptBySource.set(source, kept);
    }
    return kept;
  }

  /** Never rejects: old keys stay when the issuer cannot be reached. */
  #fetch(kept: Kept, issuer: string, jwksUri: string | undefined): Promise<void> {
    if (kept.fetching !== null) return kept.fetching;
    const { nowMs, timeoutMs, logger } = this.#options;
    kept.triedAtMs = nowMs();
    kept.fetching = fetchIssuerKeys(issuer, jwksUri, timeoutMs)
      .then(
        (keys) => {
          kept.keys = keys;
          kept.fetchedAtMs = nowMs();
        },
        (error: unknown) => {
          logger.warn({ err: error, issuer }, 'Cannot fetch the signing keys of an issuer');
        },
      )
      .finally(() => (kept.fetching = null));
    return kept.fetching;
  }
}

const matching = (
  keys: readonly IssuerKey[],
  kid: string | undefined,
  algorithm: string,
): IssuerKey['key'][] =>
  keys
    .filter((it) => kid === undefined || it.kid === kid)
    .filter((it) => it.algorithm === undefined || it.algorithm === algorithm)
    .map((it) => it.key);
