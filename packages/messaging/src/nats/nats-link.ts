import { setTimeout as delay } from 'node:timers/promises';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import type { FeedLogger } from '../transport.ts';

export interface LinkOptions {
  /** `nats://[user:password@|token@]host:port`, several separated by commas; `tls://` for TLS. */
  readonly servers: string;
  /** Shows up in the server's list of connections. */
  readonly name: string;
  readonly logger: FeedLogger;
}

type LinkState = 'disconnected' | 'reconnected';

const CONNECT_TIMEOUT_MS = 2_000;
const RETRY_MS = 250;
const PING_INTERVAL_MS = 2_000;
const DRAIN_TIMEOUT_MS = 2_000;

/**
 * The connection to NATS, which may not be there yet, or not any more: it is tried for ever. A
 * gateway must be able to start while NATS is down, so nothing here waits for a server.
 */
export class NatsLink {
  readonly #options: LinkOptions;
  readonly #connectionOptions: ConnectionOptions;
  readonly #closing = new AbortController();
  readonly #users = new Set<(connection: NatsConnection) => void>();
  readonly #watchers = new Set<(state: LinkState) => void>();
  readonly #waiting = new Set<() => void>();
  #current: NatsConnection | undefined;
  #isConnected = false;
  #hasBeenConnected = false;

  /** Throws when `servers` cannot be read: trying for ever would not help. */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#connectionOptions = connectionOptions(options);
    void this.#keepConnected();
  }

  isConnected(): boolean {
    return this.#isConnected;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The connection as soon as it works; undefined when `signal` or the end of the link comes first. */
  async ready(signal: AbortSignal): Promise<NatsConnection | undefined> {
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    while (!this.#isConnected && !ending.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      ending.addEventListener('abort', () => resolve(), { once: true });
      await promise.finally(() => this.#waiting.delete(resolve));
    }
    return ending.aborted ? undefined : this.#current;
  }

  /** Throws while NATS is away: what is buffered for later would be sent twice by a retry. */
  connected(): NatsConnection {
    if (this.#current !== undefined && this.#isConnected) return this.#current;
    throw new Error('NATS is not connected');
  }

  /** Calls back with the connection now, or as soon as there is one, and with every new one. */
  use(user: (connection: NatsConnection) => void): () => void {
    this.#users.add(user);
    if (this.#current !== undefined) user(this.#current);
    return () => this.#users.delete(user);
  }

  watch(watcher: (state: LinkState) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.#closing.abort();
    const connection = this.#current;
    if (connection === undefined) return;
    const drained = this.#isConnected ? connection.drain().catch(() => undefined) : undefined;
    this.#isConnected = false;
    // A server that hangs must not keep us from ending.
    if (drained !== undefined) await Promise.race([drained, pause(DRAIN_TIMEOUT_MS)]);
    await connection.close();
  }

  async #keepConnected(): Promise<void> {
    const { logger } = this.#options;
    let isTold = false;
    while (!this.isClosed) {
      try {
        await this.#connectOnce();
        isTold = false;
      } catch (err) {
        if (!isTold && !this.isClosed) logger.warn({ err }, 'NATS cannot be reached, still trying');
        isTold = true;
      }
      await delay(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  /** Resolves when the connection is over for good, which its own reconnecting avoids as it can. */
  async #connectOnce(): Promise<void> {
    const connection = await connect(this.#connectionOptions);
    if (this.isClosed) return connection.close();
    this.#current = connection;
    for (const user of this.#users) user(connection);
    if (this.#hasBeenConnected) this.#setState('reconnected');
    this.#hasBeenConnected = true;
    this.#isConnected = true;
    for (const resolve of this.#waiting) resolve();
    void this.#followStatus(connection);
    const err = await connection.closed();
    this.#setState('disconnected');
    if (err instanceof Error) this.#options.logger.warn({ err }, 'The connection to NATS ended');
  }

  async #followStatus(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#setState('disconnected');
      if (status.type === 'reconnect') this.#setState('reconnected');
    }
  }

  #setState(state: LinkState): void {
    const isConnected = state === 'reconnected';
    if (isConnected === this.#isConnected || this.isClosed) return;
    this.#isConnected = isConnected;
    this.#options.logger.info({ name: this.#options.name }, `NATS ${state}`);
    for (const watcher of this.#watchers) watcher(state);
    if (isConnected) for (const resolve of this.#waiting) resolve();
  }
}

function connectionOptions({ servers, name }: LinkOptions): ConnectionOptions {
  const urls = servers.split(',').map((server) => readServer(server.trim()));
  const [first] = urls;
  return {
    name,
    servers: urls.map(({ host }) => host),
    ...first?.credentials,
    ...(urls.some(({ isTls }) => isTls) ? { tls: {} } : {}),
    timeout: CONNECT_TIMEOUT_MS,
    // A stack trace per publish, kept in case it fails, is more work than the publish.
    noAsyncTraces: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    // A server that is being set up may refuse us for a while.
    ignoreAuthErrorAbort: true,
    // A frozen server closes nothing: only unanswered pings tell.
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: 2,
  };
}

interface Server {
  readonly host: string;
  readonly isTls: boolean;
  readonly credentials: Pick<ConnectionOptions, 'user' | 'pass' | 'token'>;
}

/** The client library does not read credentials from a URL. */
function readServer(server: string): Server {
  const url = URL.parse(server.includes('://') ? server : `nats://${server}`);
  if (url === null) throw new Error('NATS_URL is not a URL');
  const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const credentials = pass === '' ? (user === '' ? {} : { token: user }) : { user, pass };
  return { host: url.host, isTls: url.protocol === 'tls:', credentials };
}

const pause = (ms: number): Promise<void> => delay(ms, undefined, { ref: false });
