import { Button } from '@mantine/core';
import { LoadingRows, Panel } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { ArrowRight } from 'lucide-react';
import { Link } from 'react-router';
import { usageQuery } from '../requests/request-log.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { LimitList } from '../usage/LimitList.tsx';

/** Where the limits stand, at a glance. */
export function UsageGlance() {
  const { data, error, refetch } = useQuery(usageQuery);
  return (
    <Panel
      title="Limits"
      aside={
        <Button
          component={Link}
          to="/usage"
          variant="subtle"
          size="compact-sm"
          rightSection={<ArrowRight size={14} />}
        >
          Usage
        </Button>
      }
    >
      {error && !data ? (
        <ErrorPanel error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <LimitList limits={data.limits} />
      ) : (
        <LoadingRows rows={2} />
      )}
    </Panel>
  );
}
