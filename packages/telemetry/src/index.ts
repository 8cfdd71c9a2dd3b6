export {
  createLogger,
  LOG_LEVELS,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './logger.ts';
export { isSecretName, redactFields, redactText } from './redaction.ts';
export { ConfigurationError, parseEnv, resolveDataDir, type Env } from './parse-env.ts';
export {
  createMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type Metrics,
  type MetricsOptions,
  type Registry,
} from './metrics.ts';
export { startTracing, type Tracing, type TracingOptions } from './tracing.ts';
export {
  onTermination,
  shutdownInOrder,
  type ShutdownFailure,
  type ShutdownStep,
  type TerminableProcess,
  type TerminationOptions,
} from './shutdown.ts';
