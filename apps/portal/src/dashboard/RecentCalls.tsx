import { Button } from '@mantine/core';
import { LoadingRows, MessageState, Panel } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { ArrowRight, Radio } from 'lucide-react';
import { Link } from 'react-router';
import { CallTable } from '../requests/CallTable.tsx';
import { recentCallsQuery } from '../requests/request-log.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';

const SHOWN = 6;

export function RecentCalls() {
  return (
    <Panel
      title="Recent calls"
      description="Yours, from every profile and from this portal"
      flush
      aside={
        <Button
          component={Link}
          to="/requests"
          variant="subtle"
          size="compact-sm"
          rightSection={<ArrowRight size={14} />}
        >
          All requests
        </Button>
      }
    >
      <Calls />
    </Panel>
  );
}

function Calls() {
  const { data, error, refetch } = useQuery(recentCallsQuery);
  if (error && !data) return <ErrorPanel error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingRows rows={4} />;
  if (data.length === 0) {
    return (
      <MessageState icon={<Radio size={22} />} title="No calls yet">
        Your first one shows up here within a second or two.
      </MessageState>
    );
  }
  return <CallTable calls={data.slice(0, SHOWN)} label="Recent calls" />;
}
