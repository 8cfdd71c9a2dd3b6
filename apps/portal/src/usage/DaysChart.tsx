import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { formatCompact, formatNumber } from '@portico/ui';
import { FiguresTable } from './FiguresTable.tsx';
import type { DaySeries } from './usage-series.ts';

/** Told apart in both themes, and by most people who do not see all colours. */
const COLOURS = ['accent.6', '#c07a12', '#2b78b0', '#a4507e', '#6b7a2a', '#75716a'];

/** The chart for the eye, the same figures as a table for everybody else. */
export function DaysChart({ rows, names }: DaySeries) {
  return (
    <>
      <div aria-hidden="true">
        <BarChart
          h={300}
          data={[...rows]}
          dataKey="day"
          type="stacked"
          withLegend={names.length > 1}
          legendProps={{ verticalAlign: 'bottom' }}
          series={names.map((name, at) => ({
            name,
            color: COLOURS[at % COLOURS.length] ?? 'gray',
          }))}
          valueFormatter={formatCompact}
          maxBarWidth={44}
          tickLine="none"
          gridAxis="x"
          // The table below is for keyboards and screen readers.
          barChartProps={{ accessibilityLayer: false }}
          xAxisProps={{ tickFormatter: shortDay }}
          // There is no half a call.
          yAxisProps={{ allowDecimals: false }}
          barProps={{ isAnimationActive: false }}
        />
      </div>
      <FiguresTable
        summary="Show as a table"
        label="Calls per day"
        head={['Day', ...names]}
        rows={rows
          .toReversed()
          .map((row) => [row.day, ...names.map((name) => formatNumber(Number(row[name] ?? 0)))])}
      />
    </>
  );
}

const dayMonth = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
const shortDay = (day: unknown): string => dayMonth.format(new Date(String(day)));
