import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { IncomingHttpHeaders } from 'undici/types/header.js';
import type { Admission } from '@portico/enforcement';
import type { Limits } from '../config.ts';
import type { Exchange, OngoingCall } from '../handle/exchange.ts';
import { refuse } from '../handle/respond.ts';
import type { Target } from '../upstreams/target.ts';
import type { UpstreamGroup } from '../upstreams/upstream-group.ts';
import { Answer, relayInterim } from './answer.ts';
import { Deadline } from './deadline.ts';
import type { DeadlineOwner, DeadlinePhase } from './deadline.ts';
import type { RequestBody } from './request-body.ts';
import { mayRetry } from './retry-rules.ts';
import type { Tunnels } from './tunnels.ts';
import { Abandoned, failureOf } from './upstream-failure.ts';
import type { UpstreamFailure } from './upstream-failure.ts';
import type { UpstreamHead } from './upstream-request.ts';

export interface Call {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly group: UpstreamGroup;
  readonly head: UpstreamHead;
  readonly body: RequestBody | Buffer | null;
  readonly limits: Limits;
  readonly tunnels: Tunnels;
  /** For an upstream that answers 401 to a token of ours, which is not worth keeping then. */
  readonly onUnauthorized: (() => void) | null;
}

/** A 500 may be the fault of one request; these say that the target cannot serve any. */
const BUSY_OR_BROKEN: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * One admitted call on its way to the upstream and back. It is its own undici handler: undici calls
 * `onRequestStart`, `onResponseStart`, `onResponseData`* and `onResponseEnd`, or `onResponseError` at
 * any point, once per attempt. Nothing is buffered: what the caller does not take stays with the
 * upstream.
 */
export class Forwarding implements Dispatcher.DispatchHandler, OngoingCall, DeadlineOwner {
  readonly #call: Call;
  readonly #deadline: Deadline;
  readonly #timeoutMs: number;
  readonly #tried = new Set<Target>();
  #target: Target | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #answer: Answer | null = null;
  #isConnected = false;
  #retries = 0;
  #isOver = false;
  #sentAtMs = 0;

  constructor(call: Call) {
    this.#call = call;
    this.#timeoutMs = call.admission.endpoint.timeoutMs ?? call.group.upstream.timeout_ms;
    this.#deadline = new Deadline(call.limits.exchangeMs, this);
    call.exchange.ongoing = this;
  }

  start(): void {
    this.#call.group.retries.onCall();
    this.#attempt();
  }

  /** The upstream is not slow while it is still being sent to. */
  progress(): void {
    this.#deadline.progress();
  }

  abandon(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    const controller = this.#controller;
    this.#settle(failure);
    // Queued calls have no controller yet; `onRequestStart` aborts them when their turn comes.
    controller?.abort(new Abandoned(failure));
  }

  #attempt(): void {
    const { exchange, group, head, admission, body } = this.#call;
    this.#sentAtMs = performance.now();
    const target = group.pick(this.#tried, this.#sentAtMs);
    if (target === null) {
      this.#settle({ code: 'upstream_unavailable', reason: 'no_healthy_target' });
      return;
    }
    this.#target = target;
    this.#isConnected = false;
    this.#controller = null;
    target.begin(this.#sentAtMs);
    this.#deadline.enter('headers_timeout', this.#timeoutMs);
    target.pool(admission.endpoint.credential).dispatch(
      {
        path: target.basePath + head.pathAndQuery,
        method: head.method as Dispatcher.HttpMethod,
        headers: head.headers,
        body,
        upgrade: exchange.upgrade === null ? null : 'websocket',
      },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) {
      controller.abort(new Abandoned({ code: 'client_aborted', reason: 'caller_closed' }));
      return;
    }
    this.#controller = controller;
    this.#isConnected = true;
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    _status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    const { exchange, admission, tunnels } = this.#call;
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    exchange.upstreamLatencyMs = performance.now() - this.#sentAtMs;
    this.#target?.report('success', performance.now());
    this.#deadline.stop();
    exchange.ongoing = { abandon: () => socket.destroy(), progress: () => undefined };
    socket.once('close', () => this.#close());
    tunnels.join(exchange, admission, socket, headers);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusText?: string,
  ): void {
    if (this.#isOver) return;
    const { exchange, limits } = this.#call;
    if (status < 200) {
      relayInterim(exchange, status, headers);
      return;
    }
    if (status === 401) this.#call.onUnauthorized?.();
    exchange.upstreamLatencyMs = performance.now() - this.#sentAtMs;
    const answer = new Answer(exchange, headers);
    try {
      answer.begin(status, statusText, headers);
    } catch {
      this.abandon({ code: 'upstream_error', reason: 'invalid_response_head' });
      return;
    }
    this.#answer = answer;
    if (answer.isEventStream) this.#standOpen();
    this.#target?.report(BUSY_OR_BROKEN.has(status) ? 'failure' : 'success', performance.now());
    this.#deadline.enter(
      'idle_timeout',
      answer.isEventStream ? limits.streamIdleMs : this.#timeoutMs,
    );
  }

  /** It may go on for days: as long as a revision would still admit it. */
  #standOpen(): void {
    const { exchange, admission, tunnels } = this.#call;
    this.#deadline.lift();
    tunnels.watch(exchange, admission, (reason) =>
      this.abandon({ code: 'client_forbidden', reason }),
    );
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver || this.#answer === null) return;
    if (this.#answer.write(chunk)) {
      this.#deadline.progress();
      return;
    }
    const { exchange, limits } = this.#call;
    const answer = this.#answer;
    controller.pause();
    this.#deadline.enter('caller_stalled', limits.bodyIdleMs);
    exchange.response.once('drain', () => {
      if (this.#isOver) return;
      const idleMs = answer.isEventStream ? limits.streamIdleMs : this.#timeoutMs;
      this.#deadline.enter('idle_timeout', idleMs);
      controller.resume();
    });
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    if (this.#isOver) return;
    this.#close();
    this.#answer?.end(trailers);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#isOver) return;
    const failure = failureOf(error, this.#isConnected);
    if (this.#answer === null && this.#takeRetry(failure)) this.#attempt();
    else this.#settle(failure);
  }

  #takeRetry(failure: UpstreamFailure): boolean {
    const { group, head, body } = this.#call;
    if (this.#target === null || this.#retries >= group.upstream.retries) return false;
    const attempted = { failure, wasConnected: this.#isConnected, method: head.method, body };
    if (!mayRetry(attempted)) return false;
    // What was never sent costs the upstream nothing; only real repetitions are budgeted.
    if (this.#isConnected && !group.retries.take()) return false;
    this.#retries += 1;
    this.#tried.add(this.#target);
    this.#target.report('failure', performance.now());
    this.#release();
    return true;
  }

  onDeadline(phase: DeadlinePhase): void {
    const code = phase === 'caller_stalled' ? 'client_aborted' : 'upstream_timeout';
    this.abandon({ code, reason: phase });
  }

  /** The end of a call that did not end well: a refusal, or, once the head is out, a cut connection. */
  #settle({ code, reason }: UpstreamFailure): void {
    const { exchange, group } = this.#call;
    if (code.startsWith('upstream_')) this.#target?.report('failure', performance.now());
    this.#close();
    refuse(exchange, {
      code,
      reason,
      ...(code === 'upstream_unavailable'
        ? { retryAfterSeconds: group.retryAfterSeconds(performance.now()) }
        : {}),
    });
  }

  #release(): void {
    this.#target?.end();
    this.#target = null;
  }

  #close(): void {
    this.#isOver = true;
    this.#deadline.stop();
    this.#release();
    this.#controller = null;
    this.#call.exchange.ongoing = null;
  }
}
