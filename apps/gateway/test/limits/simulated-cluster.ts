import { utcDay, type LimitState } from '@portico/contracts';
import type { MeterPolicy, MeterVerdict } from '@portico/enforcement';
import type {
  LeaseAnswer,
  LeaseRequest,
  LimitAuthority,
  ReconcileRequest,
  RestoreRequest,
} from '../../src/limits/authority.ts';
import type { LimitClock, LimitTimers } from '../../src/limits/clock.ts';
import { EscrowMeters, type EscrowOptions } from '../../src/limits/escrow-meters.ts';
import { ESCROW_DEFAULTS, type EscrowSettings } from '../../src/limits/escrow-settings.ts';
import type { DayCounts } from '../../src/limits/quota-ledger.ts';
import { LastWords, statesOf } from '../../src/limits/last-words.ts';
import { InProcessAuthority } from '../../src/limits/in-process-authority.ts';

/** Every figure of a run follows from its seed: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How long the request path waits for a verdict. */
const REQUEST_WAIT_MS = 25;
const LEDGER_WAIT_MS = 1_000;

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** Discrete events on a virtual clock, which is also the authority's clock. */
export class World {
  nowMs: number;
  readonly random: () => number;
  #heap: Event[] = [];
  #order = 0;

  constructor(seed: number, startMs: number) {
    this.nowMs = startMs;
    this.random = seededRandom(seed);
  }

  at(atMs: number, run: () => void): () => void {
    const event: Event = { atMs, order: (this.#order += 1), run, isCancelled: false };
    this.#push(event);
    return () => void (event.isCancelled = true);
  }

  after(delayMs: number, run: () => void): () => void {
    return this.at(this.nowMs + Math.max(0, delayMs), run);
  }

  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.atMs > endMs) break;
      this.#pop();
      if (next.isCancelled) continue;
      this.nowMs = next.atMs;
      next.run();
      // What the event settled must be seen before the next event happens.
      for (let turn = 0; turn < 8; turn += 1) await null;
    }
    this.nowMs = endMs;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, heap[at]!)) break;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      let child = 2 * at + 1;
      if (child >= heap.length) return;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (isBefore(heap[at]!, heap[child]!)) return;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
  }
}

const isBefore = (a: Event, b: Event): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

export interface Network {
  /** One way; drawn uniformly up to twice this. */
  readonly delayMs: number;
  readonly lossRate: number;
  /** Share of calls that the authority executes a second time, later. */
  readonly repeatRate: number;
}

/** The authority as a node sees it: late, out of order, lost on either way, sometimes executed twice. */
class RemoteAuthority implements LimitAuthority {
  readonly #cluster: SimulatedCluster;
  readonly #isCutOff: () => boolean;

  constructor(cluster: SimulatedCluster, isCutOff: () => boolean) {
    this.#cluster = cluster;
    this.#isCutOff = isCutOff;
  }

  lease(request: LeaseRequest): Promise<LeaseAnswer> {
    this.#cluster.calls += 1;
    return this.#travel((authority) => authority.lease(request));
  }
  epoch(known: string): Promise<string> {
    return this.#travel((authority) => authority.epoch(known));
  }
  restore(request: RestoreRequest): Promise<void> {
    return this.#travel((authority) => authority.restore(request));
  }
  reconcile(request: ReconcileRequest): Promise<void> {
    return this.#travel((authority) => authority.reconcile(request));
  }
  async close(): Promise<void> {}

  #travel<T>(execute: (authority: LimitAuthority) => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#send(() => {
      void execute(this.#cluster.authority).then((answer) => this.#send(() => resolve(answer)));
    });
    return promise;
  }

  #send(deliver: () => void): void {
    const { network, authorityIsFrozen, world } = this.#cluster;
    const { random } = world;
    if (authorityIsFrozen || this.#isCutOff() || random() < network.lossRate) return;
    world.after(2 * network.delayMs * random(), deliver);
    if (random() < network.repeatRate) {
      world.after(2 * network.delayMs * random() + 300 * random(), deliver);
    }
  }
}

export interface ClusterOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly network: Network;
  readonly startMs?: number;
  readonly settings?: Partial<EscrowSettings>;
  /** What the ledger has of today's quota, and how long it takes to say so; without it there is none. */
  readonly ledger?: { readonly used: number; readonly answersAfterMs: number };
}

interface SimulatedNode {
  readonly meters: EscrowMeters;
  isAlive: boolean;
  isCutOff: boolean;
  pausedUntilMs: number;
  /** What its wall clock is wrong by. */
  wallErrorMs: number;
  lastWords: LastWords;
}

/** Several nodes, one authority, and the times of everything that was admitted. */
export class SimulatedCluster {
  readonly world: World;
  readonly authority: InProcessAuthority;
  readonly admittedAtMs: number[] = [];
  readonly #nodes: SimulatedNode[] = [];
  readonly #settings: EscrowSettings;
  network: Network;
  authorityIsFrozen = false;
  calls = 0;
  offered = 0;
  waited = 0;
  longestWaitMs = 0;
  tooLate = 0;
  #born = 0;

  readonly #ledger: ClusterOptions['ledger'];
  readonly #onQuota: EscrowOptions['onQuota'];
  readonly #compared = new Map<string, Promise<void>>();

  constructor({ seed, nodes, network, startMs, settings, ledger }: ClusterOptions) {
    const beginMs = startMs ?? Date.parse('2026-11-21T10:00:00Z');
    // The authority has been there for long: one that has just begun grants nothing in strict mode.
    this.world = new World(seed, beginMs - 60_000);
    this.network = network;
    this.#settings = { ...ESCROW_DEFAULTS, ...settings };
    this.authority = new InProcessAuthority(() => Math.floor(this.world.nowMs));
    void this.authority.epoch('');
    this.world.nowMs = beginMs;
    this.#ledger = ledger;
    this.#onQuota = ledger ? (scope, isSeeded) => this.#compare(ledger, scope, isSeeded) : null;
    for (let at = 0; at < nodes; at += 1) this.#nodes.push(this.#boot());
  }

  /** Once, as a quota ledger does: its answer is good for minutes. */
  #compare(
    { used, answersAfterMs }: NonNullable<ClusterOptions['ledger']>,
    scope: string,
    isSeeded: boolean,
  ): Promise<void> | null {
    if (isSeeded) return null;
    const asked = this.#compared.get(scope);
    if (asked) return asked;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#compared.set(scope, promise);
    const days = [[utcDay(this.world.nowMs), used]] as const;
    this.world.after(answersAfterMs, () => {
      void this.authority.reconcile({ scope, days, giveBack: false }).then(() => {
        this.#compared.delete(scope);
        resolve();
      });
    });
    return promise;
  }

  /** One request at a node; admitted ones are remembered by when they were let through. */
  offer(
    at: number,
    policy: MeterPolicy,
    onVerdict: (verdict: MeterVerdict) => void = () => undefined,
  ): void {
    const node = this.#nodes[at];
    if (!node?.isAlive) return;
    this.offered += 1;
    const startedAtMs = this.world.nowMs;
    const ask = (): MeterVerdict => node.meters.take({ key: 'client:cl_acme', policy });
    const settle = (verdict: MeterVerdict): void => {
      if (!node.isAlive) return;
      if (verdict.kind === 'pending') {
        const waitedMs = this.world.nowMs - startedAtMs;
        if (waitedMs === 0) this.waited += 1;
        // As the request path does: what nobody could answer in time is refused.
        const mayWaitMs = verdict.on === 'lease' ? REQUEST_WAIT_MS : LEDGER_WAIT_MS;
        if (waitedMs < mayWaitMs) {
          const timeUp = Promise.withResolvers<void>();
          this.world.after(mayWaitMs - waitedMs, timeUp.resolve);
          void Promise.race([verdict.ready, timeUp.promise]).then(() => settle(ask()));
        } else this.tooLate += 1;
        return;
      }
      this.longestWaitMs = Math.max(this.longestWaitMs, this.world.nowMs - startedAtMs);
      if (verdict.kind === 'granted') this.admittedAtMs.push(this.world.nowMs);
      onVerdict(verdict);
    };
    settle(ask());
  }

  /** Requests at `perSecond`, spread over the nodes by weight, between two moments. */
  traffic(options: {
    readonly policy: () => MeterPolicy;
    readonly perSecond: (nowMs: number) => number;
    readonly weights: readonly number[];
    readonly untilMs: number;
  }): void {
    const { world } = this;
    const total = options.weights.reduce((sum, weight) => sum + weight, 0);
    const pick = (): number => {
      let rest = world.random() * total;
      return Math.max(
        0,
        options.weights.findIndex((weight) => (rest -= weight) < 0),
      );
    };
    const next = (): void => {
      const rate = options.perSecond(world.nowMs);
      const gapMs = rate > 0 ? (-Math.log(1 - world.random()) * 1_000) / rate : 10;
      const atMs = world.nowMs + Math.min(gapMs, 50);
      if (atMs > options.untilMs) return;
      world.at(atMs, () => {
        if (rate > 0 && gapMs <= 50) this.offer(pick(), options.policy());
        next();
      });
    };
    next();
  }

  /** kill −9: it says nothing more, and another life of the node begins. */
  crash(at: number): void {
    const node = this.#nodes[at];
    if (!node) return;
    node.isAlive = false;
    this.#nodes[at] = this.#boot();
  }

  /** Neither its calls nor their answers arrive; its own traffic goes on. */
  cutOff(at: number, forMs: number): void {
    const node = this.#nodes[at];
    if (!node) return;
    node.isCutOff = true;
    this.world.after(forMs, () => void (node.isCutOff = false));
  }

  /** The process stands still, as a virtual machine that is moved; its timers fire when it goes on. */
  pause(at: number, forMs: number): void {
    const node = this.#nodes[at];
    if (node) node.pausedUntilMs = this.world.nowMs + forMs;
  }

  stepWallClock(at: number, byMs: number): void {
    const node = this.#nodes[at];
    if (node) node.wallErrorMs += byMs;
  }

  async stopAll(): Promise<void> {
    const stops = this.#nodes.map((node) => node.meters.stop());
    await this.world.runUntil(this.world.nowMs + 5_000);
    await Promise.all(stops);
  }

  #boot(): SimulatedNode {
    const { world } = this;
    const id = (this.#born += 1);
    // Another epoch, and a crystal that is off by up to 100 ppm.
    const offsetMs = world.random() * 1e7;
    const drift = 1 + (world.random() - 0.5) * 2e-4;
    const node: SimulatedNode = {
      isAlive: true,
      isCutOff: false,
      pausedUntilMs: 0,
      wallErrorMs: 0,
      lastWords: null as never,
      meters: null as never,
    };
    const clock: LimitClock = {
      monotonicMs: () => offsetMs + (world.nowMs - 1.7e12) * drift,
      unixMs: () => world.nowMs + node.wallErrorMs,
    };
    const whenAwake = (run: () => void) => (): void => {
      if (!node.isAlive) return;
      if (world.nowMs < node.pausedUntilMs) world.at(node.pausedUntilMs, whenAwake(run));
      else run();
    };
    const timers: LimitTimers = {
      after: (delayMs, run) => world.after(delayMs, whenAwake(run)),
      soon: (run) => void world.after(0, whenAwake(run)),
    };
    const hint = (scope: string): void => {
      for (const other of this.#nodes) {
        if (other !== node)
          world.after(2 * this.network.delayMs * world.random(), () =>
            other.meters.pressure(scope),
          );
      }
    };
    const lastWords = new LastWords(clock);
    const meters = new EscrowMeters({
      authority: lastWords.heardFrom(new RemoteAuthority(this, () => node.isCutOff)),
      node: `node-${id}`,
      settings: this.#settings,
      clock,
      timers,
      clusterSize: () => this.#nodes.length,
      random: world.random,
      hint,
      events: {
        called: () => undefined,
        authoritySilent: () => undefined,
        authorityAnswers: () => undefined,
        authorityLostState: () => undefined,
      },
      askPeers: (scope) => {
        const { promise, resolve } = Promise.withResolvers<readonly LimitState[]>();
        world.after(200 + 2 * this.network.delayMs, () => {
          const others = this.#nodes.filter((other) => other !== node && other.isAlive);
          const words = others.flatMap((other) => other.lastWords.of(scope) ?? []);
          resolve(words.flatMap(statesOf));
        });
        return promise;
      },
      askLedger: () => {
        const { promise, resolve } = Promise.withResolvers<DayCounts>();
        if (this.#ledger)
          world.after(this.#ledger.answersAfterMs, () =>
            resolve([[utcDay(world.nowMs), this.#ledger?.used ?? 0]]),
          );
        else resolve([]);
        return promise;
      },
      onQuota: this.#onQuota,
    });
    return Object.assign(node, { meters, lastWords });
  }
}

/** The most that was admitted in any trailing window of this length. */
export function mostInAnyWindow(admittedAtMs: readonly number[], windowMs: number): number {
  let most = 0;
  let tail = 0;
  for (let head = 0; head < admittedAtMs.length; head += 1) {
    while (admittedAtMs[tail]! <= admittedAtMs[head]! - windowMs) tail += 1;
    most = Math.max(most, head - tail + 1);
  }
  return most;
}
