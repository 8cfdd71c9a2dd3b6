import type { Upstream } from '@portico/contracts';
import type { Logger } from '@portico/telemetry';
import type { Target } from './target.ts';

type Settings = NonNullable<Upstream['health_check']>;

/** Asks every target how it is, off the request path; starts out believing that all are well. */
export class HealthChecks {
  readonly #settings: Settings;
  readonly #logger: Logger;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #stop = new AbortController();

  constructor(targets: readonly Target[], settings: Settings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
    this.#timers = targets.map((target) => {
      const row = { good: 0, bad: 0 };
      void this.#check(target, row);
      return setInterval(() => void this.#check(target, row), settings.interval_ms).unref();
    });
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stop.abort();
  }

  async #check(target: Target, row: { good: number; bad: number }): Promise<void> {
    const isGood = await this.#answersWell(target);
    if (this.#stop.signal.aborted) return;
    row.good = isGood ? row.good + 1 : 0;
    row.bad = isGood ? 0 : row.bad + 1;
    const { healthy_threshold, unhealthy_threshold } = this.#settings;
    if (!target.isHealthy && row.good >= healthy_threshold) this.#set(target, true);
    else if (target.isHealthy && row.bad >= unhealthy_threshold) this.#set(target, false);
  }

  #set(target: Target, isHealthy: boolean): void {
    target.isHealthy = isHealthy;
    this.#logger.warn({ target: target.origin, isHealthy }, 'Health of an upstream target changed');
  }

  async #answersWell(target: Target): Promise<boolean> {
    const { path, timeout_ms } = this.#settings;
    try {
      const { statusCode, body } = await target.pool(null).request({
        method: 'GET',
        path: target.basePath + path,
        signal: AbortSignal.any([AbortSignal.timeout(timeout_ms), this.#stop.signal]),
      });
      await body.dump();
      return statusCode >= 200 && statusCode < 400;
    } catch {
      return false;
    }
  }
}
