import type { UsageDay } from '../api/types.ts';

/** One day of the chart: the day, then calls by the name of the profile. */
export type DayRow = Readonly<Record<string, string | number>> & { readonly day: string };

export interface DaySeries {
  readonly rows: readonly DayRow[];
  /** Names of the profiles, the busiest first. */
  readonly names: readonly string[];
}

const DAY_MS = 86_400_000;
/** Fewer days would make a chart of one fat bar. */
const DAYS_MIN = 14;

/** Every day to the last has a row: a day without calls is a gap worth seeing. */
export function callsByDay(days: readonly UsageDay[], nameOf: (id: string) => string): DaySeries {
  const names = callsByProfile(days).map(({ id }) => nameOf(id));
  const sorted = days.map(({ day }) => day).sort();
  const last = Date.parse(sorted.at(-1) ?? '');
  const first = Math.min(Date.parse(sorted[0] ?? ''), last - (DAYS_MIN - 1) * DAY_MS);
  const rows: DayRow[] = [];
  for (let at = first; at <= last; at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10);
    const calls: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
    for (const row of days.filter((one) => one.day === day)) {
      const name = nameOf(row.profile_id);
      calls[name] = (calls[name] ?? 0) + row.admitted;
    }
    rows.push({ ...calls, day });
  }
  return { rows, names: [...new Set(names)] };
}

/** Busiest first. */
export function callsByProfile(
  days: readonly UsageDay[],
): readonly { readonly id: string; readonly calls: number }[] {
  const callsById = new Map<string, number>();
  for (const { profile_id: id, admitted } of days) {
    callsById.set(id, (callsById.get(id) ?? 0) + admitted);
  }
  return [...callsById]
    .map(([id, calls]) => ({ id, calls }))
    .filter(({ calls }) => calls > 0)
    .sort((a, b) => b.calls - a.calls);
}
