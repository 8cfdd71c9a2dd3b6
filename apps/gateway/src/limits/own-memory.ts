import type { RestoreRequest, Use } from './authority.ts';
import type { ScopeUsage } from './scope-usage.ts';

/** What a node admitted in a scope, dated by the authority's clock; null when that is nothing. */
export function memoryOf(
  own: ScopeUsage,
  nowMs: number,
  toAuthorityMs: (ownMs: number) => number,
): Pick<RestoreRequest, 'windows' | 'days'> | null {
  const windows = [...own.windows(nowMs)].map(([{ windowMs, slotMs }, uses]) => {
    const dated = uses.map(([atMs, count]): Use => [toAuthorityMs(atMs), count]);
    return [{ windowMs, slotMs }, dated] as const;
  });
  const days = [...own.days()];
  const isEmpty = days.length === 0 && windows.every(([, uses]) => uses.length === 0);
  return isEmpty ? null : { windows, days };
}
