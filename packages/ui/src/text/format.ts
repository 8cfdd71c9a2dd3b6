/** Numbers, sizes and times as people read them. English, like the rest of the product. */

const LOCALE = 'en-GB';
const number = new Intl.NumberFormat(LOCALE);
const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const dateTime = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium' });
const time = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });

export const formatNumber = (value: number): string => number.format(value);

/** 5,000,000 → `5M`; small numbers stay whole. */
export const formatCompact = (value: number): string =>
  value < 10_000 ? number.format(value) : compact.format(value).replace('bn', 'B').toUpperCase();

/** 0.4 → `0.4 ms`, 12.3 → `12 ms`, 2300 → `2.3 s`. */
export function formatDuration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 10_000 ? 0 : 1)} s`;
  return ms >= 10 || Number.isInteger(ms) ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

const SIZE_UNITS = ['kB', 'MB', 'GB'] as const;

/** Decimal units: 1 kB = 1,000 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.95 && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${SIZE_UNITS[unit]}`;
}

export const formatDateTime = (iso: string): string => dateTime.format(new Date(iso));

/** `14:03:22` of the day that `nowMs` is in; with its date on any other. */
export function formatClock(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time.format(at) : formatDateTime(iso);
}

const STEPS = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
] as const;

/** `2 minutes ago`, `in 9 days`. Times within a few seconds are `now`. */
export function formatRelative(atMs: number, nowMs: number): string {
  let distance = (atMs - nowMs) / 1000;
  if (Math.abs(distance) < 5) return 'now';
  for (const [unit, size] of STEPS) {
    if (Math.abs(distance) < size) return relative.format(Math.round(distance), unit);
    distance /= size;
  }
  return relative.format(Math.round(distance), 'year');
}

/** `3 endpoints`, `1 endpoint`. */
export const countOf = (count: number, noun: string, plural = `${noun}s`): string =>
  `${number.format(count)} ${count === 1 ? noun : plural}`;
