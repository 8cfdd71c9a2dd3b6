import { DAY_MS, periodOf, utcDay } from '@portico/contracts';
import {
  GUESSED_WINDOW_MS,
  IN_USE_MS,
  LEASE_TTL_MS,
  NEWBORN_MS,
  NODE_FORGOTTEN_AFTER_MS,
  REBUILD_MS,
  type LeaseAnswer,
  type Leased,
  type LeaseRequest,
  type LimitAuthority,
  type ReconcileRequest,
  type RestoreRequest,
  type UseReport,
  type WindowStanding,
} from './authority.ts';
import { ScopeUsage } from './scope-usage.ts';
import type { SlotRing } from './slot-ring.ts';

interface Holder {
  outstanding: number;
  /** The part of it that is used for certain: told, or granted to a request that waited. */
  spent: number;
  sequence: number;
  call: number;
  seenAtMs: number;
  restoredEpoch: string;
}

interface Ledger {
  readonly usage: ScopeUsage;
  readonly holders: Map<string, Holder>;
  readonly writtenOffByDay: Map<number, number>;
  isQuotaSeeded: boolean;
}

/**
 * The authority in memory: what the Redis script does, in TypeScript. The simulator runs on it, and a
 * test drives both with the same calls and compares every answer.
 */
export class InProcessAuthority implements LimitAuthority {
  readonly #nowMs: () => number;
  readonly #ledgers = new Map<string, Ledger>();
  #epoch = '';
  #bornAtMs = 0;
  #births = 0;
  #isAfterLoss = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Loses everything, as a Redis that restarts empty does. */
  forget(): void {
    this.#ledgers.clear();
    this.#epoch = '';
  }

  async epoch(known: string): Promise<string> {
    const nowMs = this.#nowMs();
    if (this.#epoch === '') {
      this.#births += 1;
      this.#bornAtMs = nowMs;
      this.#isAfterLoss = false;
      this.#epoch = `${nowMs}-${this.#births}`;
    }
    if (known !== '' && known !== this.#epoch) this.#isAfterLoss = true;
    return this.#epoch;
  }

  async lease(request: LeaseRequest): Promise<LeaseAnswer> {
    const nowMs = this.#nowMs();
    const epoch = await this.epoch(request.epoch);
    if (request.epoch !== '' && request.epoch !== epoch) return { kind: 'moved', epoch, nowMs };
    const ledger = this.#ledger(request.scope);
    const holder = request.node === '' ? onlooker() : holderOf(ledger, request.node);
    if (request.node !== '' && request.call <= holder.call)
      return { kind: 'overtaken', epoch, nowMs };
    const rings = ledger.usage.ringsFor(request.plan.windows, nowMs);
    writeOffSilent(ledger, request.node, nowMs);
    Object.assign(holder, { call: request.call, seenAtMs: nowMs });
    if (request.report) applyReport(ledger, holder, request.report, nowMs);
    holder.outstanding = Math.max(0, request.have);
    return this.#grant(request, { ledger, holder, rings, nowMs });
  }

  async restore(request: RestoreRequest): Promise<void> {
    if (request.epoch !== this.#epoch) return;
    const nowMs = this.#nowMs();
    const ledger = this.#ledger(request.scope);
    const holder = holderOf(ledger, request.node);
    if (holder.restoredEpoch === request.epoch) return;
    holder.restoredEpoch = request.epoch;
    ledger.usage.ringsFor(
      request.windows.map(([shape]) => shape),
      nowMs,
    );
    for (const [shape, uses] of request.windows) {
      ledger.usage.restore(
        shape,
        uses.map(([atMs, count]) => [Math.min(atMs, nowMs), count]),
      );
    }
    // Once the ledger has said what the days hold, this node's part of them is in that.
    if (ledger.isQuotaSeeded) return;
    for (const [day, admitted] of request.days) ledger.usage.addToDay(day, admitted);
  }

  async reconcile(request: ReconcileRequest): Promise<void> {
    const ledger = this.#ledger(request.scope);
    for (const [day, admitted] of request.days) {
      const counted = ledger.usage.onDay(day);
      const writtenOff = request.giveBack ? (ledger.writtenOffByDay.get(day) ?? 0) : 0;
      if (request.giveBack) ledger.writtenOffByDay.delete(day);
      ledger.usage.addToDay(day, Math.max(admitted, counted - writtenOff) - counted);
    }
    ledger.isQuotaSeeded = true;
  }

  async close(): Promise<void> {
    this.#ledgers.clear();
  }

  #grant(
    { node, plan, want, ahead, spent, unseededMost }: LeaseRequest,
    { ledger, holder, rings, nowMs }: Reading,
  ): Leased {
    const day = utcDay(nowMs);
    const outstanding = totalOutstanding(ledger);
    const quotaUsed = plan.quota ? ledger.usage.quotaUsed(plan.quota.period, day) : 0;
    const left = [
      ...plan.windows.map(({ limit }, at) => limit - (rings[at]?.used(nowMs) ?? 0)),
      ...(plan.quota ? [plan.quota.limit - quotaUsed] : []),
    ];
    const available = (left.length > 0 ? Math.min(...left) : 0) - outstanding;
    const activeNodes = countActive(ledger, nowMs);
    const { mode } = plan.policy;
    const ageMs = nowMs - this.#bornAtMs;
    const isRebuilding =
      (this.#isAfterLoss && ageMs < REBUILD_MS[mode]) || ageMs < NEWBORN_MS[mode];
    const mostNow = plan.quota && !ledger.isQuotaSeeded ? unseededMost : Number.POSITIVE_INFINITY;
    const granted =
      isRebuilding || node === ''
        ? 0
        : Math.min(mostNow, grantOf(available, activeNodes, want, ahead));
    holder.outstanding += granted;
    holder.spent = spent + Math.min(want, granted);
    const remaining = available - granted;
    const windows = rings.map((ring): WindowStanding => ({
      used: ring.used(nowMs),
      emptyAtMs: ring.emptyAtMs() ?? nowMs,
    }));
    const retryAtMs =
      remaining > 0
        ? 0
        : retryAt({
            ...{ plan, rings, quotaUsed, nowMs },
            outstanding: outstanding + granted,
            inUse: totalOutstanding(ledger, nowMs - IN_USE_MS),
            spent: totalSpent(ledger),
          });
    return {
      kind: 'leased',
      epoch: this.#epoch,
      nowMs,
      granted,
      remaining,
      activeNodes,
      retryAtMs,
      outstanding: outstanding + granted,
      windows,
      quotaUsed,
      isQuotaSeeded: ledger.isQuotaSeeded,
      isRebuilding,
    };
  }

  #ledger(scope: string): Ledger {
    let ledger = this.#ledgers.get(scope);
    if (!ledger) {
      ledger = {
        usage: new ScopeUsage(),
        holders: new Map(),
        writtenOffByDay: new Map(),
        isQuotaSeeded: false,
      };
      this.#ledgers.set(scope, ledger);
    }
    return ledger;
  }
}

interface Reading {
  readonly ledger: Ledger;
  readonly holder: Holder;
  readonly rings: readonly SlotRing[];
  readonly nowMs: number;
}

/** Those who wait come first; what is asked ahead of need shrinks to one as the limit comes near. */
function grantOf(available: number, activeNodes: number, want: number, ahead: number): number {
  const needed = Math.min(want, Math.max(0, available));
  const left = available - needed;
  if (left <= 0 || ahead <= 0) return needed;
  return needed + Math.min(ahead, Math.max(1, Math.ceil(left / activeNodes)));
}

/** Somebody who asks how things stand and holds nothing. */
const onlooker = (): Holder => ({
  outstanding: 0,
  spent: 0,
  sequence: 0,
  call: 0,
  seenAtMs: 0,
  restoredEpoch: '',
});

function holderOf(ledger: Ledger, node: string): Holder {
  let holder = ledger.holders.get(node);
  if (!holder) {
    holder = onlooker();
    ledger.holders.set(node, holder);
  }
  return holder;
}

/** A node that stopped talking may have used all it held. */
function writeOffSilent(ledger: Ledger, caller: string, nowMs: number): void {
  for (const [node, holder] of ledger.holders) {
    if (node === caller || holder.seenAtMs > nowMs - LEASE_TTL_MS) continue;
    if (holder.outstanding > 0) {
      const day = utcDay(nowMs);
      ledger.usage.add(nowMs, day, holder.outstanding);
      const before = ledger.writtenOffByDay.get(day) ?? 0;
      ledger.writtenOffByDay.set(day, before + holder.outstanding);
      holder.outstanding = 0;
      holder.spent = 0;
    }
    if (holder.seenAtMs < nowMs - NODE_FORGOTTEN_AFTER_MS) ledger.holders.delete(node);
  }
}

function applyReport(ledger: Ledger, holder: Holder, report: UseReport, nowMs: number): void {
  if (report.sequence <= holder.sequence) return;
  holder.sequence = report.sequence;
  for (const [atMs, count] of report.uses) {
    const heldAtMs = Math.min(atMs, nowMs);
    ledger.usage.add(heldAtMs, utcDay(heldAtMs), count);
  }
}

function totalOutstanding(ledger: Ledger, seenAfterMs = Number.NEGATIVE_INFINITY): number {
  let total = 0;
  for (const holder of ledger.holders.values()) {
    if (holder.seenAtMs > seenAfterMs) total += holder.outstanding;
  }
  return total;
}

function totalSpent(ledger: Ledger): number {
  let total = 0;
  for (const holder of ledger.holders.values()) total += holder.spent;
  return total;
}

function countActive(ledger: Ledger, nowMs: number): number {
  let active = 0;
  for (const holder of ledger.holders.values()) {
    if (holder.seenAtMs > nowMs - LEASE_TTL_MS) active += 1;
  }
  return active;
}

/** A reservation that nobody uses is given back about now. */
const RESERVATION_RETRY_MS = 250;

function retryAt({ plan, rings, quotaUsed, outstanding, inUse, spent, nowMs }: Standing): number {
  const soon = nowMs + RESERVATION_RETRY_MS;
  const waits = plan.windows.map((window, at) => {
    const ring = rings[at];
    const used = ring?.used(nowMs) ?? 0;
    if (!ring || used + outstanding < window.limit) return 0;
    const held = window.windowMs > GUESSED_WINDOW_MS ? spent : inUse;
    const needed = used + held - window.limit + 1;
    if (needed <= 0) return soon;
    // What is in use leaves the window last.
    return roomAt(ring, needed) ?? nowMs + IN_USE_MS + window.windowMs + window.slotMs;
  });
  if (plan.quota && quotaUsed + outstanding >= plan.quota.limit) {
    const endDay = periodOf(plan.quota.period, utcDay(nowMs)).endDay;
    waits.push(quotaUsed + spent < plan.quota.limit ? soon : endDay * DAY_MS);
  }
  return Math.max(nowMs + 1, ...waits);
}

interface Standing {
  readonly plan: LeaseRequest['plan'];
  readonly rings: readonly SlotRing[];
  readonly quotaUsed: number;
  readonly outstanding: number;
  /** The part of it that is as good as used, and the part that is used. */
  readonly inUse: number;
  readonly spent: number;
  readonly nowMs: number;
}

/** When so many have left the window; undefined when there are not so many in it. */
function roomAt(ring: SlotRing, needed: number): number | undefined {
  let freed = 0;
  for (const [expiresAtMs, count] of ring.expiries()) {
    freed += count;
    if (freed >= needed) return expiresAtMs;
  }
  return undefined;
}
