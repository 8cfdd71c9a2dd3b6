import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ConfigError } from '@portico/enforcement';
import { Foundation } from '../foundation.ts';
import { WriteSignal } from '../writes/write-signal.ts';
import { readChanges } from './config-reader.ts';
import { Publication } from './publication.ts';
import { PublishingMetrics } from './publishing-metrics.ts';
import { reconcile } from './reconcile.ts';
import { RevisionListener } from './revision-listener.ts';

/** How many revisions of the change journal are kept behind the published one. */
const JOURNAL_REVISIONS = 10_000;

/**
 * Brings commits to the gateway nodes. Runs in every replica, publishes in one. Woken by a commit of
 * this process, by PostgreSQL for those of others, and by a tick in case both were missed. One run at
 * a time; what is committed meanwhile is one more run, however many revisions it was.
 */
@Injectable()
export class Publisher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #publication: Publication | undefined;
  #reconciledAtMs = 0;
  #isWanted = false;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  readonly #listener: RevisionListener;

  constructor(
    private readonly signal: WriteSignal,
    private readonly metrics: PublishingMetrics,
    private readonly foundation: Foundation,
  ) {
    this.#listener = new RevisionListener({
      url: foundation.config.database.url,
      logger: foundation.logger,
      onRevision: () => this.wake(),
      onLost: () => (this.#publication = undefined),
    });
  }

  onApplicationBootstrap(): void {
    this.#unlisten = this.signal.on(() => this.wake());
    this.#timer = setInterval(() => this.wake(), this.foundation.config.publishing.tickMs);
    this.wake();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#unlisten?.();
    await this.#running;
    await this.#listener.close();
  }

  /** Cheap, and safe to call at any time. */
  wake(): void {
    if (this.#isStopped) return;
    this.#isWanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Wanted again between the last look and here.
      if (this.#isWanted) this.wake();
    });
  }

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      try {
        if (await this.#listener.tryLead()) await this.#publish();
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  async #publish(): Promise<void> {
    const isDue =
      Date.now() - this.#reconciledAtMs >= this.foundation.config.publishing.reconcileMs;
    if (this.#publication === undefined || isDue) return this.#reconcile();
    const publication = this.#publication;
    const startedAt = performance.now();
    const changes = await readChanges(this.foundation.dataSource, publication.revision);
    if (changes.revision === publication.revision) return;
    // The database was restored under us; nodes never go back, so it has to catch up with them.
    if (changes.revision < publication.revision) return this.#reconcile();
    const news = publication.apply(changes);
    // From here on the publication is ahead of the bucket: if sending fails, start over from both.
    this.#publication = undefined;
    await this.foundation.feeds.configPublisher.publish(await publication.messages(news));
    this.#publication = publication;
    this.metrics.published(publication.revision, performance.now() - startedAt);
  }

  async #reconcile(): Promise<void> {
    const publication = new Publication(this.foundation.config);
    const startedAt = performance.now();
    const { repaired, published } = await reconcile(publication, {
      dataSource: this.foundation.dataSource,
      bucket: this.foundation.feeds.configPublisher,
    });
    this.#publication = publication;
    this.#reconciledAtMs = Date.now();
    if (published) {
      const revision = publication.revision;
      this.foundation.logger.info(
        { revision, repaired },
        'brought the published configuration up to date',
      );
      this.metrics.published(revision, performance.now() - startedAt);
    }
    const keep = publication.revision - JOURNAL_REVISIONS;
    await this.foundation.dataSource.query('delete from config_changes where revision <= $1', [
      keep,
    ]);
  }

  #failed(error: unknown): void {
    if (error instanceof ConfigError) {
      // Nothing was sent, and nodes keep what they run; only a person can put this right.
      this.metrics.refused();
      this.foundation.logger.error(
        { err: error },
        'the configuration cannot be enforced: not published',
      );
      return;
    }
    this.metrics.failed();
    this.foundation.logger.warn({ err: error }, 'could not publish; trying again');
  }
}
