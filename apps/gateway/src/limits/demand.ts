/** How far back demand is looked at: long enough to be steady, short enough to follow a burst. */
const MEMORY_MS = 1_000;

/** Requests per millisecond, as an exponentially fading average. */
export class Demand {
  #perMs = 0;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  note(nowMs: number): void {
    this.#perMs = this.perMs(nowMs) + 1 / MEMORY_MS;
    this.#atMs = nowMs;
  }

  perMs(nowMs: number): number {
    return this.#perMs * Math.exp((this.#atMs - nowMs) / MEMORY_MS);
  }
}
