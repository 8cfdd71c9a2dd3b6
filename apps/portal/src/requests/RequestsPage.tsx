import { Button, Switch } from '@mantine/core';
import { LoadingRows, MessageState, Panel } from '@portico/ui';
import { useInfiniteQuery } from '@tanstack/react-query';
import { SearchX } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { Page } from '../shell/Page.tsx';
import { CallTable } from './CallTable.tsx';
import { FilterBar } from './FilterBar.tsx';
import { FindById } from './FindById.tsx';
import { toLogFilters } from './filters.ts';
import { requestLogQuery } from './request-log.ts';

/** The client's own calls: everything its profiles did, refused ones included. */
export function RequestsPage() {
  const [live, setLive] = useState(false);
  return (
    <Page
      title="Requests"
      description="Every call of your profiles, refused ones too, a second or two after it happened."
      aside={
        <Switch
          label="Live"
          description="Refreshes every 2 seconds"
          checked={live}
          onChange={(event) => setLive(event.currentTarget.checked)}
        />
      }
    >
      <Panel title="Request log" aside={<FindById />} flush>
        <FilterBar />
        <Results live={live} />
      </Panel>
    </Page>
  );
}

function Results({ live }: { live: boolean }) {
  const [params] = useSearchParams();
  // The range's beginning moves only when a filter changes, or every key would be a new query.
  const filters = useMemo(() => toLogFilters(params, Date.now()), [params]);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    requestLogQuery(filters, live),
  );
  if (error && !data) return <ErrorPanel error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingRows rows={8} />;
  const calls = data.pages.flatMap((page) => page.data);
  if (calls.length === 0) {
    return (
      <MessageState icon={<SearchX size={22} />} title="No calls found">
        {params.size > 0
          ? 'Nothing matches these filters. Widen the time, or remove one.'
          : 'Your first call shows up here within a second or two.'}
      </MessageState>
    );
  }
  return (
    <>
      <CallTable calls={calls} label="Requests" />
      {hasNextPage && (
        <MoreButton isLoading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
      )}
    </>
  );
}

function MoreButton({ isLoading, onMore }: { isLoading: boolean; onMore: () => void }) {
  return (
    <Button variant="subtle" fullWidth radius={0} h={52} loading={isLoading} onClick={onMore}>
      Show older
    </Button>
  );
}
