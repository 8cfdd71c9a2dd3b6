import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LimitState } from '@portico/contracts';
import type { CompiledCollection, DecisionTrace, InboundRequest } from '@portico/enforcement';
import { traceContextOf } from '../forward/trace-context.ts';
import type { TraceContext } from '../forward/trace-context.ts';
import type { UpstreamFailure } from '../forward/upstream-failure.ts';
import type { Capture } from '../records/capture.ts';
import type { ClientAddress } from '../server/client-address.ts';
import type { RequestTarget } from '../server/head.ts';
import { requestIdOf } from '../server/request-id.ts';

const NOTHING_YET: DecisionTrace = {
  client: null,
  profile: null,
  collection: null,
  endpoint: null,
};

const NO_LIMITS: readonly LimitState[] = [];

/**
 * The upstream's side of a request. An object and not a pair of closures: those made the collector
 * keep every request there ever was until its next full run.
 */
export interface OngoingCall {
  /** Ends it, whatever stage it is in. */
  abandon(failure: UpstreamFailure): void;
  /** The caller's body moves. */
  progress(): void;
}

/**
 * One request from head to record: what is known of it so far. Every field has one writer, in the
 * order of the story: the server, the decision, the forwarding, the answer.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly address: ClientAddress;
  readonly target: RequestTarget;
  readonly requestId: string;
  /** Also what the upstream is told; a span of ours, where there are spans, takes its place. */
  traceContext: TraceContext;
  readonly startedAtMs = Date.now();
  readonly #startedAt = performance.now();

  revision = 0;
  trace: DecisionTrace = NOTHING_YET;
  /** The limits it met; null where the decision did not come to them. */
  limits: (() => readonly LimitState[]) | null = null;
  portalEmail: string | null = null;

  /** `forwarded`, or the failure code. */
  outcome = 'forwarded';
  reason: string | null = null;
  status = 0;
  upstreamLatencyMs: number | null = null;

  requestBytes = 0;
  responseBytes = 0;
  requestCapture: Capture | null = null;
  responseCapture: Capture | null = null;
  /** Flat; go with every answer to this request. */
  corsHeaders: readonly string[] = [];
  /** Flat, as sent. */
  responseHeaders: readonly string[] = [];
  /** Set for a WebSocket: the bare connection, and what came after the head. */
  upgrade: { readonly socket: Duplex; readonly head: Buffer } | null = null;

  /** What the decision was made on; null until it is. */
  inbound: InboundRequest | null = null;

  /** True once it was refused: whatever else goes wrong after that changes nothing. */
  isRefused = false;
  /** What is going on upstream; set while there is something. */
  ongoing: OngoingCall | null = null;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    address: ClientAddress,
    target: RequestTarget,
  ) {
    this.request = request;
    this.response = response;
    this.address = address;
    this.target = target;
    this.requestId = requestIdOf(headerOf(request, 'x-request-id'));
    this.traceContext = traceContextOf(
      headerOf(request, 'traceparent'),
      headerOf(request, 'tracestate'),
    );
  }

  get collection(): CompiledCollection | null {
    return this.trace.collection;
  }

  /** Where its limits stand now; goes with every answer. */
  limitStates(): readonly LimitState[] {
    return this.limits?.() ?? NO_LIMITS;
  }

  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }
}

/** A header's value; a list only where Node keeps one (`set-cookie`), which no request needs. */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
