import { LoadingRows, MessageState, Panel } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { ChartColumn } from 'lucide-react';
import { lazy, Suspense } from 'react';
import type { Usage } from '../api/types.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import { LATEST_CALLS, usageQuery } from '../requests/request-log.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { Page } from '../shell/Page.tsx';
import { EndpointShares } from './EndpointShares.tsx';
import { LimitList } from './LimitList.tsx';
import { ShareTable } from './ShareTable.tsx';
import { callsByDay, callsByProfile } from './usage-series.ts';
import classes from './UsagePage.module.css';

const DaysChart = lazy(async () => ({ default: (await import('./DaysChart.tsx')).DaysChart }));

/** Limits, and what was called when: the same figures that bills are made from. */
export function UsagePage() {
  const { data, error, refetch } = useQuery(usageQuery);
  return (
    <Page
      title="Usage"
      description="Admitted calls of all your profiles. Refused calls use up nothing."
    >
      {error && !data ? (
        <Panel>
          <ErrorPanel error={error} onRetry={() => void refetch()} />
        </Panel>
      ) : data ? (
        <Figures usage={data} />
      ) : (
        <LoadingRows rows={4} height={90} />
      )}
    </Page>
  );
}

function Figures({ usage }: { usage: Usage }) {
  const { profiles } = useActiveProfile();
  const nameOf = (id: string) => profiles.find((profile) => profile.id === id)?.name ?? id;
  const shares = callsByProfile(usage.days).map(({ id, calls }) => ({ name: nameOf(id), calls }));
  return (
    <div className={classes.layout}>
      <Panel title="Limits" description="Shared by all profiles, unless one has its own">
        <LimitList limits={usage.limits} />
      </Panel>
      <Panel title="By profile" description="Calls in the days below">
        {shares.length > 0 ? <ShareTable shares={shares} /> : <NothingYet />}
      </Panel>
      <div className={classes.wide}>
        <Panel title="Calls per day" description="UTC days">
          {shares.length > 0 ? (
            <Suspense fallback={<LoadingRows rows={1} height={280} />}>
              <DaysChart {...callsByDay(usage.days, nameOf)} />
            </Suspense>
          ) : (
            <NothingYet />
          )}
        </Panel>
      </div>
      <div className={classes.wide}>
        <Panel
          title="By endpoint"
          description={`In your latest calls, ${LATEST_CALLS} at most`}
          flush
        >
          <EndpointShares />
        </Panel>
      </div>
    </div>
  );
}

function NothingYet() {
  return (
    <MessageState icon={<ChartColumn size={22} />} title="No calls yet">
      Figures appear with your first call.
    </MessageState>
  );
}
