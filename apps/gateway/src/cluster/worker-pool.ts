import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@portico/telemetry';
import type { GatewayConfig } from '../config.ts';
import type { ToPrimary, ToWorker } from './worker-link.ts';

interface Running {
  readonly slot: number;
  readonly worker: Worker;
  adminPort: number | null;
}

const RESTART_AFTER_MS = 1_000;
const METRICS_WAIT_MS = 1_000;

/**
 * Several gateway processes behind one port. To the rest of the system each is a node of its own,
 * with its own id, heartbeat and records; the primary only starts them, replaces one that died, and
 * answers for all of them on the admin port.
 */
export class WorkerPool {
  readonly #config: GatewayConfig;
  readonly #logger: Logger;
  readonly #running = new Map<number, Running>();
  readonly #waiting = new Map<number, (metrics: unknown) => void>();
  #questions = 0;
  #isStopping = false;

  constructor(config: GatewayConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
  }

  start(): void {
    for (let slot = 1; slot <= this.#config.workers; slot += 1) this.#fork(slot);
  }

  /** True when every worker says so. */
  async isReady(): Promise<boolean> {
    if (this.#running.size < this.#config.workers) return false;
    const answers = await Promise.all(
      [...this.#running.values()].map(({ adminPort }) =>
        adminPort === null
          ? false
          : fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
              (answer) => answer.ok,
              () => false,
            ),
      ),
    );
    return answers.every(Boolean);
  }

  /** One list of metrics per worker that answers in time. */
  async metrics(): Promise<unknown[]> {
    const answers = [...this.#running.values()].map(({ worker }) => this.#ask(worker));
    return (await Promise.all(answers)).filter((answer) => answer !== null);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(
      [...this.#running.values()].map(
        ({ worker }) =>
          new Promise<void>((gone) => {
            worker.once('exit', () => gone());
            worker.process.kill('SIGTERM');
          }),
      ),
    );
  }

  #fork(slot: number): void {
    const { nodeId, snapshotCacheDir } = this.#config;
    const worker = cluster.fork({
      NODE_ID: `${nodeId}-w${slot}`,
      GATEWAY_ADMIN_HOST: '127.0.0.1',
      GATEWAY_ADMIN_PORT: '0',
      SNAPSHOT_CACHE_DIR: join(snapshotCacheDir, `worker-${slot}`),
    });
    const running: Running = { slot, worker, adminPort: null };
    this.#running.set(slot, running);
    worker.on('message', (message: ToPrimary) => this.#hear(running, message));
    worker.on('error', (error) => this.#logger.error({ slot, err: error }, 'A gateway worker'));
    worker.once('exit', (code, signal) => {
      this.#running.delete(slot);
      if (this.#isStopping) return;
      this.#logger.error({ slot, code, signal }, 'A gateway worker died; starting another');
      void delay(RESTART_AFTER_MS).then(() => {
        if (!this.#isStopping) this.#fork(slot);
      });
    });
  }

  #hear(running: Running, message: ToPrimary): void {
    if (message.kind === 'ready') {
      running.adminPort = message.adminPort;
      this.#logger.info(
        { slot: running.slot, pid: running.worker.process.pid, httpPort: message.httpPort },
        'Gateway worker is listening',
      );
      return;
    }
    this.#waiting.get(message.id)?.(message.metrics);
    this.#waiting.delete(message.id);
  }

  #ask(worker: Worker): Promise<unknown> {
    this.#questions += 1;
    const id = this.#questions;
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        resolve(null);
      }, METRICS_WAIT_MS);
      this.#waiting.set(id, (metrics) => {
        clearTimeout(late);
        resolve(metrics);
      });
      // Not heard by one that is just dying: without a listener for that, this process would end too.
      worker.send({ kind: 'metrics?', id } satisfies ToWorker, () => undefined);
    });
  }
}
