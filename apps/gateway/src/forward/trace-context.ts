import { randomFillSync } from 'node:crypto';

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
    const ids = randomHex();
    return {
      traceId: ids.slice(0, 32),
      spanId: ids.slice(32),
      flags: '00',
      parentSpanId: null,
      state: undefined,
    };
  }
  return { traceId, spanId: randomHex().slice(32), flags, parentSpanId: parent, state: tracestate };
}

export const traceparentOf = (trace: TraceContext): string =>
  `00-${trace.traceId}-${trace.spanId}-${trace.flags}`;

const ID_BYTES = 24;
const pool = Buffer.allocUnsafe(ID_BYTES * 256);
let used = pool.length;

/** 48 random hex digits. One call into the random source serves 256 requests. */
function randomHex(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('hex', used - ID_BYTES, used);
}
