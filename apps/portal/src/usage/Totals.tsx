import { formatNumber } from '@portico/ui';
import type { Metrics } from '../api/types.ts';
import { errorShare } from './error-share.ts';
import { latencyText } from './latency-text.ts';
import classes from './Totals.module.css';

/** A whole range in five figures. */
export function Totals({ totals }: { totals: Metrics['totals'] }) {
  const figures: readonly (readonly [string, string])[] = [
    ['Calls', formatNumber(totals.requests)],
    ['Errors', errorShare(totals)],
    ['Median', latencyText(totals.p50_ms)],
    ['95 % within', latencyText(totals.p95_ms)],
    ['99 % within', latencyText(totals.p99_ms)],
  ];
  return (
    <dl className={classes.totals}>
      {figures.map(([name, figure]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="portico-tabular">{figure}</dd>
        </div>
      ))}
    </dl>
  );
}
