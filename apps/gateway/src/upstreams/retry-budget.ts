const RETRIES_PER_CALL = 0.2;
const TOKENS_MAX = 20;

/**
 * Retries are at most a fifth of the calls, plus a small reserve: when everything fails, retrying
 * everything would only be more of what the upstream cannot take.
 */
export class RetryBudget {
  #tokens = TOKENS_MAX / 2;

  onCall(): void {
    this.#tokens = Math.min(TOKENS_MAX, this.#tokens + RETRIES_PER_CALL);
  }

  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
