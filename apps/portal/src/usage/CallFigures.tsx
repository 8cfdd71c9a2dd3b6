import { SegmentedControl, Select } from '@mantine/core';
import { LoadingRows, MessageState, Panel, reasonPhrase } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { ChartColumn } from 'lucide-react';
import { lazy, Suspense, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { Metrics } from '../api/types.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { EndpointShares } from './EndpointShares.tsx';
import { metricsQuery } from './metrics.ts';
import { METRICS_RANGES, metricsRange, type MetricsRange } from './metrics-range.ts';
import { ShareTable } from './ShareTable.tsx';
import { Totals } from './Totals.tsx';
import classes from './UsagePage.module.css';

const CallsChart = lazy(async () => ({ default: (await import('./CallsChart.tsx')).CallsChart }));

/** Every call that was made, refused ones included, over a range that lives in the address. */
export function CallFigures() {
  const [params] = useSearchParams();
  const range = metricsRange(params.get('range'));
  const { data, error, refetch } = useQuery(metricsQuery(range, params.get('profile_id')));
  const show = (figures: (metrics: Metrics) => ReactNode): ReactNode => {
    if (error && !data) return <ErrorPanel error={error} onRetry={() => void refetch()} />;
    if (!data) return <LoadingRows rows={3} />;
    return data.totals.requests > 0 ? figures(data) : <NoCalls />;
  };
  return (
    <>
      <div className={classes.wide}>
        <Panel title="Calls and errors" description="Every call, refused ones included">
          <RangeControls range={range} />
          {show(({ totals, buckets }) => (
            <>
              <Totals totals={totals} />
              <Suspense fallback={<LoadingRows rows={1} height={260} />}>
                <CallsChart buckets={buckets} interval={intervalOf(buckets, range)} />
              </Suspense>
            </>
          ))}
        </Panel>
      </div>
      <Panel title="By endpoint" description="In the range above" flush>
        {show((metrics) => (
          <EndpointShares metrics={metrics} />
        ))}
      </Panel>
      <Panel title="By answer" description="In the range above">
        {show(({ facets }) => (
          <ShareTable shares={facets.statuses.map(statusShare)} />
        ))}
      </Panel>
    </>
  );
}

function RangeControls({ range }: { range: MetricsRange }) {
  const [params, setParams] = useSearchParams();
  const { profiles } = useActiveProfile();
  const set = (name: string, value: string | null) =>
    setParams((now) => {
      const next = new URLSearchParams(now);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    });
  return (
    <div className={classes.controls} role="group" aria-label="Range">
      <SegmentedControl
        aria-label="How far back"
        data={METRICS_RANGES.map(({ value, label }) => ({ value, label }))}
        value={range.value}
        onChange={(value) => set('range', value)}
      />
      <Select
        aria-label="Profile"
        placeholder="All profiles"
        data={profiles.map(({ id, name }) => ({ value: id, label: name }))}
        value={params.get('profile_id')}
        onChange={(value) => set('profile_id', value)}
        clearable
        clearButtonProps={{ 'aria-label': 'Clear profile' }}
      />
    </div>
  );
}

/** Figures of the range before stay up while the new ones load, and are labelled as what they are. */
function intervalOf(buckets: Metrics['buckets'], { interval }: MetricsRange) {
  const [first, second] = buckets;
  if (first === undefined || second === undefined) return interval;
  const stepMs = Date.parse(second.at) - Date.parse(first.at);
  if (stepMs >= 86_400_000) return '1d';
  return stepMs >= 3_600_000 ? '1h' : '1m';
}

const statusShare = ({ value, requests }: Metrics['facets']['statuses'][number]) => ({
  name: `${value} ${reasonPhrase(Number(value))}`.trim(),
  calls: requests,
});

function NoCalls() {
  return (
    <MessageState icon={<ChartColumn size={22} />} title="No calls in this range">
      Choose a longer one, or make a call.
    </MessageState>
  );
}
