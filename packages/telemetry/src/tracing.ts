export interface TracingOptions {
  readonly service: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`, e.g. `http://collector:4318`; absent = no tracing at all. */
  readonly endpoint: string | undefined;
}

export interface Tracing {
  readonly isOn: boolean;
  /** Sends what is left, then stops. Never rejects: a collector that is away must not fail a stop. */
  stop(): Promise<void>;
}

const NO_TRACING: Tracing = { isOn: false, stop: () => Promise.resolve() };

/**
 * Registers an OTLP/HTTP exporter for `@opentelemetry/api`. Without an endpoint nothing is loaded:
 * the API's own no-op tracer stays in place and costs nothing.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  if (options.endpoint === undefined || options.endpoint === '') return NO_TRACING;
  const url = `${options.endpoint.replace(/\/+$/, '')}/v1/traces`;
  const [{ NodeSDK }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const sdk = new NodeSDK({
    serviceName: options.service,
    traceExporter: new OTLPTraceExporter({ url }),
    instrumentations: [],
  });
  sdk.start();
  return { isOn: true, stop: () => sdk.shutdown().catch(() => undefined) };
}
