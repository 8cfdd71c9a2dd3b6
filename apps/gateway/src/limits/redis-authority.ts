import { Redis } from 'ioredis';
import {
  LEASE_TTL_MS,
  NEWBORN_MS,
  REBUILD_MS,
  type LeaseAnswer,
  type LeaseRequest,
  type LimitAuthority,
  type ReconcileRequest,
  type RestoreRequest,
} from './authority.ts';
import { LEASE_SCRIPT } from './lease-script.ts';
import { HISTORY_SHAPES } from './limit-plan.ts';
import { EPOCH_SCRIPT, RECONCILE_SCRIPT, RESTORE_SCRIPT } from './memory-scripts.ts';

const EPOCH_KEY = 'portico:limits:epoch';
const REBUILD_KEY = 'portico:limits:rebuild';

/** A reserved name, so that one Redis may serve other things too. The braces keep a scope together. */
const keysOf = (scope: string) => {
  const base = `portico:limits:{${scope}}`;
  return { state: base, nodes: `${base}:nodes`, days: `${base}:days` };
};

type Reply = readonly (string | number)[];
interface Scripts {
  porticoLease(...args: (string | number)[]): Promise<Reply>;
  porticoEpoch(...args: (string | number)[]): Promise<string>;
  porticoRestore(...args: (string | number)[]): Promise<number>;
  porticoReconcile(...args: (string | number)[]): Promise<number>;
}

/**
 * The shared authority. One script call per lease; the calls of one tick of the event loop leave as
 * one pipeline. Nothing is queued while Redis is away: a call fails at once and the node decides
 * alone, so a Redis that comes back is not greeted with old questions.
 */
export class RedisAuthority implements LimitAuthority {
  readonly #redis: Redis & Scripts;
  /** Of the server at the other end of this connection; asked for once on each. */
  #life: Promise<string> | null = null;

  /** `timeExpression`: what the scripts read the time from; tests travel in time with it. */
  constructor(
    redisUrl: string,
    onError: (cause: unknown) => void,
    timeExpression = "redis.call('TIME')",
  ) {
    const timed = (lua: string) => lua.replace("redis.call('TIME')", timeExpression);
    const redis = new Redis(redisUrl, {
      enableAutoPipelining: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 2_000,
      // A connection that nothing comes back on may be cut somewhere; TCP would try it for minutes.
      socketTimeout: 2_000,
      // It became a replica: the address leads to another one by now, or soon.
      reconnectOnError: ({ message }) => message.startsWith('READONLY'),
      retryStrategy: (attempt) => Math.min(500, 50 * attempt),
    });
    redis.on('error', onError);
    const scripts = {
      porticoLease: { numberOfKeys: 5, lua: timed(LEASE_SCRIPT) },
      porticoEpoch: { numberOfKeys: 2, lua: timed(EPOCH_SCRIPT) },
      porticoRestore: { numberOfKeys: 3, lua: timed(RESTORE_SCRIPT) },
      porticoReconcile: { numberOfKeys: 1, lua: RECONCILE_SCRIPT },
    };
    for (const [name, script] of Object.entries(scripts)) redis.defineCommand(name, script);
    // Loaded ahead of need: a server that does not know a script costs the first caller a round trip.
    redis.on('ready', () => {
      for (const { lua } of Object.values(scripts)) redis.script('LOAD', lua).catch(onError);
    });
    redis.on('close', () => (this.#life = null));
    this.#redis = redis as Redis & Scripts;
  }

  async lease(request: LeaseRequest): Promise<LeaseAnswer> {
    const keys = keysOf(request.scope);
    const reply = await this.#redis.porticoLease(
      ...[keys.state, keys.nodes, keys.days, EPOCH_KEY, REBUILD_KEY],
      ...leaseArguments(request, await this.#lifeOfServer()),
    );
    return toAnswer(reply, request);
  }

  async epoch(known: string): Promise<string> {
    const life = await this.#lifeOfServer();
    return this.#redis.porticoEpoch(EPOCH_KEY, REBUILD_KEY, known, life);
  }

  async restore(request: RestoreRequest): Promise<void> {
    const keys = keysOf(request.scope);
    const windows = request.windows.flatMap(([{ windowMs, slotMs }, uses]) => [
      ...[windowMs, slotMs, uses.length],
      ...uses.flat(),
    ]);
    await this.#redis.porticoRestore(
      ...[keys.state, keys.days, EPOCH_KEY, request.node, request.epoch],
      ...[request.windows.length, ...windows, ...request.days.flat()],
    );
  }

  async reconcile(request: ReconcileRequest): Promise<void> {
    const { days } = keysOf(request.scope);
    await this.#redis.porticoReconcile(days, request.giveBack ? 1 : 0, ...request.days.flat());
  }

  /** Resolves true once commands can be sent, false when that takes longer than `withinMs`. */
  ready(withinMs: number): Promise<boolean> {
    if (this.#redis.status === 'ready') return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.#redis.once('ready', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }

  #lifeOfServer(): Promise<string> {
    this.#life ??= this.#redis.info().then(lifeIn, (cause: unknown) => {
      // Not allowed to ask: an old state that is read back cannot be told from a good one.
      if (String(cause).includes('NOPERM')) return '';
      this.#life = null;
      throw cause;
    });
    return this.#life;
  }
}

/**
 * Another after every start of a server that may come back with an old state, from a snapshot of some
 * minutes ago. With an append-only file it comes back with nearly all of it: always the same.
 */
function lifeIn(info: string): string {
  if (/^aof_enabled:1/m.test(info)) return 'aof';
  return /^run_id:(\w+)/m.exec(info)?.[1] ?? '';
}

function leaseArguments(request: LeaseRequest, life: string): (string | number)[] {
  const { plan, report } = request;
  const shapes = [...plan.windows, ...HISTORY_SHAPES.map((shape) => ({ ...shape, limit: 0 }))];
  return [
    ...[request.node, request.epoch, request.call, LEASE_TTL_MS],
    ...[request.want, request.ahead, request.have],
    ...[report?.sequence ?? 0, REBUILD_MS[plan.policy.mode], NEWBORN_MS[plan.policy.mode]],
    ...[plan.quota?.period ?? '', plan.quota?.limit ?? 0, request.unseededMost],
    ...[life, request.spent, plan.windows.length, shapes.length],
    ...shapes.flatMap(({ windowMs, slotMs, limit }) => [windowMs, slotMs, limit]),
    ...(report?.uses ?? []).flat(),
  ];
}

function toAnswer(reply: Reply, { plan }: LeaseRequest): LeaseAnswer {
  const [kind, epoch, ...rest] = reply;
  const numbers = rest.map(Number);
  const [nowMs = 0, granted = 0, remaining = 0, activeNodes = 1, retryAtMs = 0] = numbers;
  const [outstanding = 0, quotaUsed = 0, seeded = 0, rebuilding = 0] = numbers.slice(5);
  const at = { epoch: String(epoch), nowMs };
  if (kind === 'moved' || kind === 'overtaken') return { kind, ...at };
  if (kind !== 'leased') throw new Error(`Redis answered a lease call with ${String(kind)}`);
  return {
    kind,
    ...at,
    ...{ granted, remaining, activeNodes, retryAtMs, outstanding, quotaUsed },
    isQuotaSeeded: seeded === 1,
    isRebuilding: rebuilding === 1,
    windows: plan.windows.map((_, index) => ({
      used: numbers[9 + 2 * index] ?? 0,
      emptyAtMs: numbers[10 + 2 * index] ?? nowMs,
    })),
  };
}
