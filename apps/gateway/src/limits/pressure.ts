const LASTS_MS = 1_000;
const TOLD_EVERY_MS = 500;

/** Little is left of a limit, seen here or told by another node: nobody speculates for a while. */
export class Pressure {
  #untilMs = Number.NEGATIVE_INFINITY;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  rise(nowMs: number): void {
    this.#untilMs = nowMs + LASTS_MS;
  }

  isOn(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }

  /** True when the others have not been told for a while; counts as telling them. */
  isNews(nowMs: number): boolean {
    if (nowMs - this.#toldAtMs < TOLD_EVERY_MS) return false;
    this.#toldAtMs = nowMs;
    return true;
  }
}
