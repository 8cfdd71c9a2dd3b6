import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import type { Exchange } from '../handle/exchange.ts';

/** A span per request. The trace of the caller goes on through it to the upstream. */
export interface RequestSpans {
  begin(exchange: Exchange): void;
  end(exchange: Exchange): void;
}

/** `null` when tracing is off: it then costs nothing at all. */
export function createRequestSpans(isOn: boolean): RequestSpans | null {
  if (!isOn) return null;
  const tracer = trace.getTracer('portico-gateway');
  const spanByExchange = new WeakMap<Exchange, Span>();
  return {
    begin: (exchange) => {
      const method = exchange.request.method ?? '';
      const span = tracer.startSpan(
        method,
        { kind: SpanKind.SERVER, startTime: exchange.startedAtMs },
        contextOf(exchange),
      );
      const { traceId, spanId, traceFlags } = span.spanContext();
      exchange.traceContext = {
        ...exchange.traceContext,
        traceId,
        spanId,
        flags: (traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01',
      };
      spanByExchange.set(exchange, span);
    },
    end: (exchange) => {
      const span = spanByExchange.get(exchange);
      if (span === undefined) return;
      describe(span, exchange);
      span.end();
    },
  };
}

function contextOf({ traceContext }: Exchange): Context {
  const { traceId, parentSpanId, flags } = traceContext;
  if (parentSpanId === null) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: parentSpanId,
    traceFlags,
    isRemote: true,
  });
}

/** Semantic conventions for HTTP servers; the route and ids are configuration, never a caller's text. */
function describe(span: Span, exchange: Exchange): void {
  const { collection, endpoint, client, profile } = exchange.trace;
  const method = exchange.request.method ?? '';
  if (collection !== null && endpoint !== null) {
    const route = `${collection.basePath}${endpoint.path}`;
    span.updateName(`${method} ${route}`);
    span.setAttribute('http.route', route);
  }
  span.setAttributes({
    'http.request.method': method,
    'http.response.status_code': exchange.status,
    'portico.request_id': exchange.requestId,
    'portico.outcome': exchange.outcome,
    'portico.client': client?.id ?? '',
    'portico.profile': profile?.id ?? '',
    'portico.revision': exchange.revision,
  });
  if (exchange.status >= 500) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: exchange.reason ?? exchange.outcome });
  }
}
