import { periodOf, type QuotaPeriod } from '@portico/contracts';
import { HISTORY_SHAPES, type WindowShape } from './limit-plan.ts';
import { SlotRing } from './slot-ring.ts';

/**
 * While a changed policy travels, nodes ask by the old and by the new one in turn. Dropping a ring at
 * once would build it anew each time, each time a little later.
 */
export const UNASKED_RING_KEPT_MS = 10_000;
/** The longest quota period, and a few days so that a late report still finds its day. */
const DAYS_KEPT = 40;

/**
 * What one scope has used: a ring per window and a count per UTC day. It outlives policies: a window
 * that a policy gains is filled from the finest ring that covers it, so a change resets nothing.
 */
export class ScopeUsage {
  readonly #askedAtMs = new Map<SlotRing, number>();
  #rings: SlotRing[] = HISTORY_SHAPES.map((shape) => new SlotRing(shape.windowMs, shape.slotMs));
  readonly #admittedByDay = new Map<number, number>();
  #quotaCache: { period: QuotaPeriod; day: number; used: number } | null = null;

  /** The rings of these windows, in their order, made and filled where they are new. */
  ringsFor(shapes: readonly WindowShape[], nowMs: number): readonly SlotRing[] {
    const wanted = shapes.map((shape) => this.#find(shape) ?? this.#seeded(shape, nowMs));
    for (const ring of wanted) this.#askedAtMs.set(ring, nowMs);
    const history = this.#rings.slice(0, HISTORY_SHAPES.length);
    const stillAsked = this.#rings.filter(
      (ring) => nowMs - (this.#askedAtMs.get(ring) ?? nowMs) <= UNASKED_RING_KEPT_MS,
    );
    this.#rings = [...new Set([...history, ...stillAsked, ...wanted])];
    for (const ring of this.#askedAtMs.keys()) {
      if (!this.#rings.includes(ring)) this.#askedAtMs.delete(ring);
    }
    return wanted;
  }

  /** `atMs` on the clock of the windows, `day` on the calendar. */
  add(atMs: number, day: number, count: number): void {
    for (const ring of this.#rings) ring.add(atMs, count);
    this.addToDay(day, count);
  }

  addToDay(day: number, count: number): void {
    this.#admittedByDay.set(day, (this.#admittedByDay.get(day) ?? 0) + count);
    if (this.#quotaCache?.day === day) this.#quotaCache.used += count;
    else this.#quotaCache = null;
    if (this.#admittedByDay.size > DAYS_KEPT) this.#forgetDaysBefore(day - DAYS_KEPT);
  }

  onDay(day: number): number {
    return this.#admittedByDay.get(day) ?? 0;
  }

  /** Admitted since the period that holds `day` began. */
  quotaUsed(period: QuotaPeriod, day: number): number {
    const cache = this.#quotaCache;
    if (cache && cache.period === period && cache.day === day) return cache.used;
    const { firstDay, endDay } = periodOf(period, day);
    let used = 0;
    for (const [on, count] of this.#admittedByDay) if (on >= firstDay && on < endDay) used += count;
    this.#quotaCache = { period, day, used };
    return used;
  }

  /** Frees empty rings; true when nothing but day counts is left. */
  compact(nowMs: number): boolean {
    return this.#rings.map((ring) => ring.compact(nowMs)).every(Boolean);
  }

  days(): Iterable<readonly [day: number, admitted: number]> {
    return this.#admittedByDay;
  }

  /** What each window has used, for an authority that has forgotten it. */
  *windows(nowMs: number): Generator<readonly [WindowShape, (readonly [number, number])[]]> {
    for (const ring of this.#rings) yield [ring, [...ring.uses(nowMs)]];
  }

  /** Dates uses into one window only: the counterpart of `windows`. */
  restore(shape: WindowShape, uses: readonly (readonly [number, number])[]): void {
    const ring = this.#find(shape);
    for (const [atMs, count] of uses) ring?.add(atMs, count);
  }

  hasDaysSince(day: number): boolean {
    for (const [on, count] of this.#admittedByDay) if (on >= day && count > 0) return true;
    return false;
  }

  #find(shape: WindowShape): SlotRing | undefined {
    return this.#rings.find(
      (ring) => ring.windowMs === shape.windowMs && ring.slotMs === shape.slotMs,
    );
  }

  #seeded(shape: WindowShape, nowMs: number): SlotRing {
    const ring = new SlotRing(shape.windowMs, shape.slotMs);
    const covering = this.#rings
      .filter((source) => source.windowMs >= shape.windowMs)
      .sort((a, b) => a.slotMs - b.slotMs);
    for (const [atMs, count] of covering[0]?.uses(nowMs) ?? []) ring.add(atMs, count);
    return ring;
  }

  #forgetDaysBefore(day: number): void {
    for (const on of this.#admittedByDay.keys()) if (on < day) this.#admittedByDay.delete(on);
  }
}
