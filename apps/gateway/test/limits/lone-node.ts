import type { MeterPolicy, MeterVerdict } from '@portico/enforcement';
import type { LeaseAnswer, LeaseRequest, LimitAuthority } from '../../src/limits/authority.ts';
import { EscrowMeters } from '../../src/limits/escrow-meters.ts';
import { ESCROW_DEFAULTS } from '../../src/limits/escrow-settings.ts';
import { SCOPE } from './scenario.ts';
import { World } from './simulated-cluster.ts';

/** A lease call that waits for the test to answer it. */
export interface OpenCall {
  readonly request: LeaseRequest;
  readonly answer: (answer: LeaseAnswer) => void;
  readonly fail: (cause: Error) => void;
}

/** Leases and restores are answered by the test; the epoch is what the test says it is. */
export class HandAuthority implements LimitAuthority {
  readonly calls: OpenCall[] = [];
  /** The epochs it was restored for, and what says that a restore has arrived. */
  readonly restores: { readonly epoch: string; readonly done: () => void }[] = [];
  epochNow = 'e1';
  /** The last that the node was told. */
  epochTold = '';

  lease(request: LeaseRequest): Promise<LeaseAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<LeaseAnswer>();
    this.calls.push({ request, answer: resolve, fail: reject });
    return promise;
  }
  async epoch(): Promise<string> {
    this.epochTold = this.epochNow;
    return this.epochTold;
  }
  restore({ epoch }: { readonly epoch: string }): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.restores.push({ epoch, done: resolve });
    return promise;
  }
  async reconcile(): Promise<void> {}
  async close(): Promise<void> {}
}

/** One node by itself, in a time that only the test moves. */
export class LoneNode {
  readonly world = new World(1, Date.parse('2026-11-21T10:00:00Z'));
  /** The scopes that other nodes were told of. */
  readonly hints: string[] = [];
  readonly #meters: EscrowMeters;
  #stoodStillMs = 0;

  constructor(authority: LimitAuthority | ((nowMs: () => number) => LimitAuthority)) {
    const { world, hints } = this;
    const nowMs = (): number => world.nowMs + this.#stoodStillMs;
    this.#meters = new EscrowMeters({
      authority: typeof authority === 'function' ? authority(nowMs) : authority,
      ...{ node: 'node-1', settings: ESCROW_DEFAULTS, clusterSize: () => 1, random: () => 0.5 },
      clock: { monotonicMs: nowMs, unixMs: nowMs },
      timers: {
        after: (delayMs, run) => world.after(delayMs, run),
        soon: (run) => void world.after(0, run),
      },
      hint: (scope) => void hints.push(scope),
      events: {
        called: () => undefined,
        authoritySilent: () => undefined,
        authorityAnswers: () => undefined,
        authorityLostState: () => undefined,
      },
      ...{ askPeers: async () => [], askLedger: async () => [], onQuota: null },
    });
  }

  take(policy: MeterPolicy): MeterVerdict['kind'] {
    return this.#meters.take({ key: SCOPE, policy }).kind;
  }

  /** Takes until it is not given any more, at most so many; says how many it was given. */
  takeUpTo(most: number, policy: MeterPolicy): number {
    let given = 0;
    while (given < most && this.take(policy) === 'granted') given += 1;
    return given;
  }

  async pass(ms: number): Promise<void> {
    // What the test answered is read before time moves on.
    for (let turn = 0; turn < 8; turn += 1) await null;
    await this.world.runUntil(this.world.nowMs + ms);
  }

  /** Everything that happens without time passing. */
  settle(): Promise<void> {
    return this.pass(0);
  }

  /** The process is stopped for so long: time passes, and none of its timers fires. */
  standStill(ms: number): void {
    this.#stoodStillMs += ms;
  }
}
