import {
  pino,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
} from 'pino';
import { prettyStream } from './pretty.ts';
import { redactFields, redactText } from './redaction.ts';

export type { Logger };

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  readonly service: string;
  readonly level?: LogLevel;
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
  /** Short lines for people in place of JSON. */
  readonly pretty?: boolean;
}

/**
 * One JSON object per line: `time` (RFC 3339 UTC), `level` by name, `service`, `msg`, and the given
 * fields. Secrets never get out: fields are withheld by name at every depth, and credentials that
 * slipped into a message, a stack trace or a URL are taken out of the finished line.
 */
export function createLogger(options: LoggerOptions): Logger {
  const target = options.destination ?? process.stdout;
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: redactFields,
      },
      // Errors are unfolded by then; pino's own serializer would take them for plain objects.
      serializers: { err: (err: unknown) => err },
      hooks: { streamWrite: redactText },
    },
    options.pretty === true ? prettyStream(target) : target,
  );
  return withRedactedBindings(logger);
}

/** pino formats the bindings of the root logger only; those of children would go out as they are. */
function withRedactedBindings(logger: Logger): Logger {
  const { child, setBindings } = logger as unknown as BindingMethods;
  const guarded: BindingMethods = {
    child(bindings, options) {
      return child.call(this, redactFields(bindings), options);
    },
    setBindings(bindings) {
      setBindings.call(this, redactFields(bindings));
    },
  };
  // Children inherit from the logger they were made of, so this holds for theirs too.
  return Object.assign(logger, guarded);
}

interface BindingMethods {
  child(this: unknown, bindings: Bindings, options?: ChildLoggerOptions): Logger;
  setBindings(this: unknown, bindings: Bindings): void;
}
