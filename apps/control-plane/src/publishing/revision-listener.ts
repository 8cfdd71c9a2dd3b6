import type { Logger } from '@portico/telemetry';
import pg from 'pg';
import { REVISION_CHANNEL } from '../writes/writes.ts';

/** Any two-part number that nothing else in this database uses; 1 is the migrations'. */
const PUBLISHER_LOCK = [0x706f7274, 2];

interface ListenerOptions {
  readonly url: string;
  readonly logger: Logger;
  readonly onRevision: () => void;
  /** The connection is gone, and the lock with it. */
  readonly onLost: () => void;
}

/**
 * A connection of its own that hears of commits and, in one replica at a time, holds the publisher's
 * lock. When the connection ends the lock is free at once: there is no lease to wait for.
 */
export class RevisionListener {
  #client: pg.Client | undefined;
  #isLeader = false;

  constructor(private readonly options: ListenerOptions) {}

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Connects if need be, and tries for the lock. False while another replica publishes. */
  async tryLead(): Promise<boolean> {
    if (this.#isLeader) return true;
    const client = (this.#client ??= await this.#connect());
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_lock($1, $2) as locked',
      PUBLISHER_LOCK,
    );
    this.#isLeader = rows[0]?.locked === true && this.#client === client;
    return this.#isLeader;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#lose();
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: 'portico-publisher',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client.on('notification', () => this.options.onRevision());
    client.on('error', (err) => {
      this.options.logger.warn({ err }, 'lost the connection that listens for revisions');
    });
    client.on('end', () => {
      if (this.#client !== client) return;
      this.#lose();
      this.options.onLost();
    });
    try {
      await client.connect();
      await client.query(`listen ${REVISION_CHANNEL}`);
      return client;
    } catch (error) {
      // Not awaited: after a refused handshake pg waits for an end that has already been.
      client.end().catch(() => undefined);
      throw error;
    }
  }

  #lose(): void {
    this.#client = undefined;
    this.#isLeader = false;
  }
}
