/** What operators may want to know of the limiter; metrics and log lines are made from it. */
export interface LimitEvents {
  called(): void;
  authoritySilent(cause: unknown): void;
  authorityAnswers(): void;
  authorityLostState(): void;
}
