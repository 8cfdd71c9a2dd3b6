import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { formatCompact, formatNumber } from '@portico/ui';
import type { MetricsBucket } from '../api/types.ts';
import { latencyText } from './latency-text.ts';
import { FiguresTable } from './FiguresTable.tsx';
import { formatStep, type MetricsRange } from './metrics-range.ts';

interface CallsChartProps {
  readonly buckets: readonly MetricsBucket[];
  readonly interval: MetricsRange['interval'];
}

const SERIES = [
  { name: 'Answered', color: 'accent.6' },
  { name: 'Errors', color: '#c0392b' },
];

/** Calls over time, errors on top: the chart for the eye, the figures as a table for everybody. */
export function CallsChart({ buckets, interval }: CallsChartProps) {
  return (
    <>
      <div aria-hidden="true">
        <BarChart
          h={260}
          data={buckets.map(({ at, requests, errors }) => ({
            step: formatStep(at, interval),
            Answered: requests - errors,
            Errors: errors,
          }))}
          dataKey="step"
          type="stacked"
          withLegend
          legendProps={{ verticalAlign: 'bottom' }}
          series={SERIES}
          valueFormatter={formatCompact}
          maxBarWidth={44}
          tickLine="none"
          gridAxis="x"
          // The table below is for keyboards and screen readers.
          barChartProps={{ accessibilityLayer: false }}
          // There is no half a call.
          yAxisProps={{ allowDecimals: false }}
          barProps={{ isAnimationActive: false }}
        />
      </div>
      <FiguresTable
        summary="Show calls and errors in figures"
        label="Calls and errors over time"
        head={[interval === '1d' ? 'Day' : 'From', 'Calls', 'Errors', 'p50', 'p95', 'p99']}
        rows={buckets.toReversed().map((bucket) => cellsOf(bucket, interval))}
      />
    </>
  );
}

const cellsOf = (bucket: MetricsBucket, interval: MetricsRange['interval']): readonly string[] => [
  formatStep(bucket.at, interval),
  formatNumber(bucket.requests),
  formatNumber(bucket.errors),
  ...[bucket.p50_ms, bucket.p95_ms, bucket.p99_ms].map(latencyText),
];
