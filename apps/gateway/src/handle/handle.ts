import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { GATEWAY_FAILURES, PORTAL_SOURCE_HEADER } from '@portico/contracts';
import { corsDecision, decide } from '@portico/enforcement';
import type {
  Admission,
  ConfigIndex,
  Decision,
  InboundRequest,
  Meters,
  Pending,
  Refusal,
  SigningKeys,
  VerifiedTokens,
} from '@portico/enforcement';
import type { Limits } from '../config.ts';
import type { Forward } from '../forward/forward.ts';
import type { AdmittedProfile } from '../limits/index.ts';
import { Capture } from '../records/capture.ts';
import { portalPerson } from '../records/portal-source.ts';
import type { ClientAddress } from '../server/client-address.ts';
import { headFlaw, readTarget } from '../server/head.ts';
import { peerCertificate } from '../server/peer-certificate.ts';
import { Exchange, headerOf } from './exchange.ts';
import type { FailedCredentials } from './failed-credentials.ts';
import { answerPreflight, refuse } from './respond.ts';
import { waitBounded } from './wait-bounded.ts';

export interface HandleParts {
  /** The configuration in force, or null while there is none. */
  readonly currentIndex: () => ConfigIndex | null;
  readonly meters: Meters;
  readonly recordAdmission: (profile: AdmittedProfile, nowMs: number) => void;
  readonly keys: SigningKeys;
  readonly verifiedTokens: VerifiedTokens;
  readonly addressOf: (request: IncomingMessage) => ClientAddress;
  readonly portalSourceKeys: readonly Uint8Array[];
  readonly failedCredentials: FailedCredentials;
  readonly forward: Forward;
  readonly limits: Limits;
  /** Once per request, whatever became of it. */
  readonly onOpened: (exchange: Exchange) => void;
  readonly onClosed: (exchange: Exchange) => void;
  /** It met a bug of ours. */
  readonly onBroken: (exchange: Exchange, error: unknown) => void;
}

export interface Handler {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** The story of a request: a sound head, a decision, then the upstream or a clear no. */
export function createHandler(parts: HandleParts): Handler {
  return {
    request: (request, response) => {
      const exchange = open(parts, request, response);
      // Emitted once per response, after the last byte or when the connection is gone.
      response.once('close', () => close(parts, exchange, isSent(response)));
      carefully(parts, exchange, () => judge(parts, exchange));
    },
    upgrade: (request, socket, head) => {
      // The same answers as to any request, should it come to one, on the bare connection.
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as Socket);
      response.once('finish', () => socket.end());
      socket.on('error', () => undefined);
      const exchange = open(parts, request, response);
      exchange.upgrade = { socket, head };
      socket.once('close', () =>
        close(parts, exchange, isSent(response) || exchange.status === 101),
      );
      carefully(parts, exchange, () => judge(parts, exchange));
    },
  };
}

/** A bug costs the call that met it, not the node with all its others. */
function carefully(parts: HandleParts, exchange: Exchange, act: () => void): void {
  try {
    act();
  } catch (error) {
    broke(parts, exchange, error);
  }
}

function broke(parts: HandleParts, exchange: Exchange, error: unknown): void {
  parts.onBroken(exchange, error);
  refuse(exchange, { code: 'internal_error', reason: String(error) });
}

function open(parts: HandleParts, request: IncomingMessage, response: ServerResponse): Exchange {
  const url = request.url ?? '';
  const target = readTarget(url) ?? { path: url, query: '' };
  const exchange = new Exchange(request, response, parts.addressOf(request), target);
  parts.onOpened(exchange);
  return exchange;
}

function close(parts: HandleParts, exchange: Exchange, wasSent: boolean): void {
  if (!wasSent) leftEarly(exchange);
  parts.onClosed(exchange);
}

function judge(parts: HandleParts, exchange: Exchange): void {
  const { request, target } = exchange;
  const flaw =
    headFlaw(request, parts.limits) ?? (target.path.startsWith('/') ? null : 'bad_request');
  if (flaw !== null) {
    refuse(exchange, { code: flaw });
    return;
  }
  const inbound: InboundRequest = {
    method: request.method ?? '',
    path: target.path,
    query: target.query,
    headers: request.headers,
    clientIp: exchange.address.ip,
    peerCertificate: peerCertificate(request, exchange.address),
  };
  if (request.headers.origin !== undefined && isPreflight(parts, exchange, inbound)) {
    answerPreflight(exchange);
    return;
  }
  exchange.inbound = inbound;
  const decision = decideNow(parts, exchange, inbound);
  if (decision?.kind === 'pending') {
    decideLater(parts, exchange, inbound, decision).catch((error: unknown) =>
      broke(parts, exchange, error),
    );
  } else settle(parts, exchange, decision);
}

/** True when the last byte went out. HTTP/2's answers know it of their stream only. */
const isSent = (response: ServerResponse & { stream?: { writableFinished: boolean } }): boolean =>
  response.writableFinished ?? response.stream?.writableFinished === true;

/** Learns what a browser on another origin may see; a preflight is answered by that alone. */
function isPreflight(parts: HandleParts, exchange: Exchange, inbound: InboundRequest): boolean {
  const index = parts.currentIndex();
  if (index === null) return false;
  const cors = corsDecision(index, inbound);
  if (cors.kind === 'none') return false;
  exchange.corsHeaders = cors.headers.flat();
  exchange.revision = index.revision;
  return cors.kind === 'preflight';
}

/** The caller went away, unless it was us who cut the connection. */
function leftEarly(exchange: Exchange): void {
  if (exchange.outcome === 'forwarded') {
    exchange.outcome = 'client_aborted';
    exchange.reason = 'caller_closed';
    if (exchange.status === 0) exchange.status = 499;
  }
  exchange.ongoing?.abandon({ code: 'client_aborted', reason: 'caller_closed' });
}

/** Takes the index once: no part of the decision sees another revision. `null` = there is none yet. */
function decideNow(
  parts: HandleParts,
  exchange: Exchange,
  inbound: InboundRequest,
): Decision | null {
  const index = parts.currentIndex();
  if (index === null) return null;
  exchange.revision = index.revision;
  return decide(index, inbound, {
    nowMs: exchange.startedAtMs,
    meters: parts.meters,
    keys: parts.keys,
    verifiedTokens: parts.verifiedTokens,
  });
}

/** Longer than for a lease: only the first calls ever of a client with a quota wait for this. */
const LEDGER_WAIT_MS = 1_000;

/** Only a node that is cold for a client, or for a key, comes here. Each wait has its own budget. */
async function decideLater(
  parts: HandleParts,
  exchange: Exchange,
  inbound: InboundRequest,
  first: Pending,
): Promise<void> {
  const { limitWaitMs, keyWaitMs } = parts.limits;
  const leftMs = { lease: limitWaitMs, ledger: LEDGER_WAIT_MS, keys: keyWaitMs };
  let decision: Decision | null = first;
  while (decision?.kind === 'pending' && leftMs[decision.on] > 0) {
    // Said now: who does not stay until it is decided has called all the same.
    learn(parts, exchange, decision);
    const { on, ready } = decision;
    const startedAt = performance.now();
    await waitBounded(ready, leftMs[on]);
    // Every wait costs at least 1 ms of budget, so an answer that is forever "pending" ends too.
    leftMs[on] -= Math.max(1, performance.now() - startedAt);
    if (exchange.response.destroyed) return;
    decision = decideNow(parts, exchange, inbound);
  }
  settle(parts, exchange, decision);
}

function settle(parts: HandleParts, exchange: Exchange, decision: Decision | null): void {
  switch (decision?.kind) {
    case undefined:
      refuse(exchange, { code: 'not_ready', retryAfterSeconds: 1 });
      return;
    case 'pending':
      learn(parts, exchange, decision);
      refuse(exchange, tooLate(decision.on));
      return;
    case 'refused':
      settleRefusal(parts, exchange, decision);
      return;
    case 'admitted':
      settleAdmission(parts, exchange, decision);
  }
}

/** What nobody could answer in time is not allowed. */
const tooLate = (on: Pending['on']) =>
  on !== 'keys'
    ? ({ code: 'rate_limit_exceeded', retryAfterSeconds: 1, reason: `${on}_timeout` } as const)
    : ({
        code: 'invalid_credential',
        wwwAuthenticate: 'Bearer error="invalid_token"',
        reason: 'signing_keys_unavailable',
      } as const);

function settleRefusal(parts: HandleParts, exchange: Exchange, refusal: Refusal): void {
  learn(parts, exchange, refusal);
  const { profile } = refusal.trace;
  // Row 14 comes after the meters: such a call was admitted, and counts.
  if (refusal.code === 'invalid_request' && profile !== null) {
    parts.recordAdmission(profile, exchange.startedAtMs);
  }
  const answer = (): void => refuse(exchange, refusal);
  if (refusal.code !== 'invalid_credential') {
    answer();
    return;
  }
  // Said now: who does not stay to hear it has guessed all the same, and the record has to show it.
  exchange.outcome = refusal.code;
  exchange.status = GATEWAY_FAILURES[refusal.code].status;
  parts.failedCredentials.onFailure(exchange.address.ip, exchange.startedAtMs, answer);
}

function settleAdmission(parts: HandleParts, exchange: Exchange, admission: Admission): void {
  // No await between deciding and counting.
  parts.recordAdmission(admission.profile, exchange.startedAtMs);
  learn(parts, exchange, admission);
  parts.forward(exchange, admission);
}

/** Whose call it is and where it stands, for the answer and for the record. */
function learn(
  parts: HandleParts,
  exchange: Exchange,
  { trace, limits }: Pick<Refusal, 'trace' | 'limits'>,
): void {
  exchange.trace = trace;
  exchange.limits = limits ?? null;
  learnSource(parts, exchange);
  startCapture(parts, exchange);
}

function learnSource({ portalSourceKeys }: HandleParts, exchange: Exchange): void {
  const header = headerOf(exchange.request, PORTAL_SOURCE_HEADER);
  const clientId = exchange.trace.client?.id;
  if (header === undefined || clientId === undefined) return;
  const claim = { header, clientId, nowMs: exchange.startedAtMs };
  exchange.portalEmail = portalPerson(claim, portalSourceKeys);
}

function startCapture({ limits }: HandleParts, exchange: Exchange): void {
  if (exchange.collection === null || exchange.collection.logBodies === 'none') return;
  exchange.requestCapture = new Capture(limits.capturedBodyBytesMax);
  exchange.responseCapture = new Capture(limits.capturedBodyBytesMax);
}
