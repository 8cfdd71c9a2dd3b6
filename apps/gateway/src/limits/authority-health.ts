import type { LimitMode } from '@portico/contracts';

/** Whether the authority answers, told by what became of the calls. */
export class AuthorityHealth {
  readonly #outageAfterMs: number;
  /** When the first of the calls since the last answer was lost; null while it answers. */
  #silentSinceMs: number | null = null;

  constructor(outageAfterMs: number) {
    this.#outageAfterMs = outageAfterMs;
  }

  /** True when this is news. */
  lost(sentAtMs: number): boolean {
    const isNews = this.#silentSinceMs === null;
    this.#silentSinceMs ??= sentAtMs;
    return isNews;
  }

  /** True when this is news. */
  answered(): boolean {
    const isNews = this.#silentSinceMs !== null;
    this.#silentSinceMs = null;
    return isNews;
  }

  get isSilent(): boolean {
    return this.#silentSinceMs !== null;
  }

  /** Default mode decides alone at once; strict mode rather refuses than errs for a lost message. */
  isOut(mode: LimitMode, nowMs: number): boolean {
    if (this.#silentSinceMs === null) return false;
    return mode === 'default' || nowMs - this.#silentSinceMs >= this.#outageAfterMs;
  }
}
