import { LoadingRows, MessageState, Panel } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { ChartColumn, CloudOff } from 'lucide-react';
import { lazy, Suspense } from 'react';
import type { Usage } from '../api/types.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import { usageQuery } from '../requests/request-log.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { Page } from '../shell/Page.tsx';
import { CallFigures } from './CallFigures.tsx';
import { LimitList } from './LimitList.tsx';
import { ShareTable } from './ShareTable.tsx';
import { callsByDay, callsByProfile } from './usage-series.ts';
import classes from './UsagePage.module.css';

const DaysChart = lazy(async () => ({ default: (await import('./DaysChart.tsx')).DaysChart }));

/** Limits and what counts against them, then every call and how it fared. */
export function UsagePage() {
  return (
    <Page title="Usage" description="What your contract allows, and what you called">
      <div className={classes.layout}>
        <Admitted />
        <CallFigures />
      </div>
    </Page>
  );
}

/** The same figures that bills are made from. */
function Admitted() {
  const { data, error, refetch } = useQuery(usageQuery);
  if (data) return <Figures usage={data} />;
  return (
    <div className={classes.wide}>
      {error ? (
        <Panel>
          <ErrorPanel error={error} onRetry={() => void refetch()} />
        </Panel>
      ) : (
        <LoadingRows rows={3} height={90} />
      )}
    </div>
  );
}

function Figures({ usage }: { usage: Usage }) {
  const { profiles } = useActiveProfile();
  const nameOf = (id: string) => profiles.find((profile) => profile.id === id)?.name ?? id;
  const days = usage.days ?? [];
  const without = usage.days === null ? <NoHistory /> : <NothingYet />;
  const shares = callsByProfile(days).map(({ id, calls }) => ({ name: nameOf(id), calls }));
  return (
    <>
      <Panel title="Limits" description="Shared by all profiles, unless one has its own">
        <LimitList limits={usage.limits} />
      </Panel>
      <Panel title="By profile" description="Calls in the days below">
        {shares.length > 0 ? <ShareTable shares={shares} /> : without}
      </Panel>
      <div className={classes.wide}>
        <Panel
          title="Calls per day"
          description="Admitted calls by UTC day; refused ones use up nothing"
        >
          {shares.length > 0 ? (
            <Suspense fallback={<LoadingRows rows={1} height={280} />}>
              <DaysChart {...callsByDay(days, nameOf)} />
            </Suspense>
          ) : (
            without
          )}
        </Panel>
      </div>
    </>
  );
}

function NoHistory() {
  return (
    <MessageState icon={<CloudOff size={22} />} title="History is not available right now">
      Your limits hold all the same. Calls are counted, and appear here later.
    </MessageState>
  );
}

function NothingYet() {
  return (
    <MessageState icon={<ChartColumn size={22} />} title="No calls yet">
      Figures appear with your first call.
    </MessageState>
  );
}
