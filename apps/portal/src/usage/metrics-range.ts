/** How far back figures go, and how finely. */
export interface MetricsRange {
  readonly value: string;
  readonly label: string;
  readonly interval: '1m' | '1h' | '1d';
  readonly steps: number;
}

const DAY: MetricsRange = { value: '24h', label: '24 hours', interval: '1h', steps: 24 };

export const METRICS_RANGES: readonly MetricsRange[] = [
  { value: '1h', label: 'Hour', interval: '1m', steps: 60 },
  DAY,
  { value: '7d', label: '7 days', interval: '1d', steps: 7 },
  { value: '30d', label: '30 days', interval: '1d', steps: 30 },
];

/** The range of that name; a day for any other. */
export const metricsRange = (name: string | null): MetricsRange =>
  METRICS_RANGES.find(({ value }) => value === name) ?? DAY;

const STEP_MS = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 } as const;

/** As many whole intervals as the range has, the running one included. Days are UTC days. */
export function spanOf({ interval, steps }: MetricsRange, nowMs: number) {
  const step = STEP_MS[interval];
  const from = Math.floor(nowMs / step) * step - (steps - 1) * step;
  return { from: new Date(from).toISOString(), to: new Date(nowMs).toISOString(), interval };
}

const FORMATS = {
  '1m': new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' }),
  '1h': new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' }),
  '1d': new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }),
} as const;

/** When an interval began: a time of day here, or a UTC day. */
export const formatStep = (at: string, interval: MetricsRange['interval']): string =>
  FORMATS[interval].format(new Date(at));
