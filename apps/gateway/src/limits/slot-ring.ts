/**
 * A strict sliding window in slots: a slot that is only partly expired still counts in full. So the
 * count is never below the true one, and capacity comes back late by at most one slot.
 */
export class SlotRing {
  readonly windowMs: number;
  readonly slotMs: number;
  readonly #size: number;
  /** Allocated with the first use and let go when empty: most scopes are idle most of the time. */
  #counts: Float64Array | null = null;
  /** The oldest slot that still counts. */
  #oldest = Number.NEGATIVE_INFINITY;
  /** The last slot that was used. */
  #newest = Number.NEGATIVE_INFINITY;
  #total = 0;

  constructor(windowMs: number, slotMs: number) {
    this.windowMs = windowMs;
    this.slotMs = slotMs;
    this.#size = Math.ceil(windowMs / slotMs) + 2;
  }

  used(nowMs: number): number {
    this.#expire(nowMs);
    return this.#total;
  }

  /** A use from before the window is ignored; one from after `nowMs` must not be passed. */
  add(atMs: number, count: number): void {
    this.#expire(atMs);
    const slot = Math.floor(atMs / this.slotMs);
    if (slot < this.#oldest || count === 0) return;
    if (slot > this.#newest) this.#newest = slot;
    this.#counts ??= new Float64Array(this.#size);
    const place = slot % this.#size;
    this.#counts[place] = (this.#counts[place] ?? 0) + count;
    this.#total += count;
  }

  /** What expires when, oldest first. */
  *expiries(): Generator<readonly [expiresAtMs: number, count: number]> {
    for (const [slot, count] of this.#entries()) yield [this.#expiryMs(slot), count];
  }

  /** When everything counted so far has expired, or undefined when nothing is used. */
  emptyAtMs(): number | undefined {
    return this.#total === 0 ? undefined : this.#expiryMs(this.#newest);
  }

  /** What is used, slot by slot, each dated at its slot's end: later than true, so never over. */
  *uses(nowMs: number): Generator<readonly [atMs: number, count: number]> {
    this.#expire(nowMs);
    for (const [slot, count] of this.#entries()) {
      yield [Math.min(nowMs, (slot + 1) * this.slotMs - 1), count];
    }
  }

  /** Lets the memory of an empty ring go. */
  compact(nowMs: number): boolean {
    if (this.used(nowMs) > 0) return false;
    this.#counts = null;
    return true;
  }

  *#entries(): Generator<readonly [slot: number, count: number]> {
    if (!this.#counts || this.#total === 0) return;
    for (let slot = this.#oldest; slot < this.#oldest + this.#size; slot += 1) {
      const count = this.#counts[slot % this.#size] ?? 0;
      if (count > 0) yield [slot, count];
    }
  }

  #expiryMs(slot: number): number {
    return (slot + 1) * this.slotMs + this.windowMs;
  }

  #expire(nowMs: number): void {
    const oldest = Math.floor((nowMs - this.windowMs) / this.slotMs);
    if (oldest <= this.#oldest) return;
    if (this.#counts && this.#total > 0) this.#drop(oldest, this.#counts);
    this.#oldest = oldest;
  }

  #drop(oldest: number, counts: Float64Array): void {
    if (oldest - this.#oldest >= this.#size) {
      counts.fill(0);
      this.#total = 0;
      return;
    }
    for (let slot = this.#oldest; slot < oldest; slot += 1) {
      const place = slot % this.#size;
      this.#total -= counts[place] ?? 0;
      counts[place] = 0;
    }
  }
}
