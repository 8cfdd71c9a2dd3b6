import { randomHex } from '../server/random-hex.ts';

/** W3C Trace Context: the caller's trace goes on, with a span of ours in between. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: string;
  readonly parentSpanId: string | null;
  readonly state: string | undefined;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

export function traceContextOf(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext {
  const given = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  const [, traceId = NO_TRACE, parent = NO_SPAN, flags = '00'] = given ?? [];
  if (traceId === NO_TRACE || parent === NO_SPAN) {
    const ids = randomHex(24);
    return {
      traceId: ids.slice(0, 32),
      spanId: ids.slice(32),
      flags: '00',
      parentSpanId: null,
      state: undefined,
    };
  }
  return { traceId, spanId: randomHex(8), flags, parentSpanId: parent, state: tracestate };
}

export const traceparentOf = (trace: TraceContext): string =>
  `00-${trace.traceId}-${trace.spanId}-${trace.flags}`;
