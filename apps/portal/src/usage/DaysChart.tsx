import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { formatCompact, formatNumber } from '@portico/ui';
import type { DaySeries } from './usage-series.ts';
import classes from './DaysChart.module.css';

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
          barProps={{ isAnimationActive: false }}
        />
      </div>
      <details className={classes.details}>
        <summary>Show as a table</summary>
        <div className={classes.scroll} role="group" aria-label="Calls per day" tabIndex={0}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Day</th>
                {names.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.toReversed().map((row) => (
                <tr key={row.day}>
                  <th scope="row">{row.day}</th>
                  {names.map((name) => (
                    <td key={name}>{formatNumber(Number(row[name] ?? 0))}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

const dayMonth = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
const shortDay = (day: unknown): string => dayMonth.format(new Date(String(day)));
