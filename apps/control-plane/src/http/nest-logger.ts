import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@portico/telemetry';

/** Nest's own words in our log: its start-up chatter is debug, its warnings and errors are kept. */
export function nestLogger(logger: Logger): LoggerService {
  const at =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]) =>
      logger[level]({ nest: rest.filter((part) => typeof part === 'string') }, String(message));
  return {
    log: at('debug'),
    verbose: at('debug'),
    debug: at('debug'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('error'),
  };
}
