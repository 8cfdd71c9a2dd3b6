import { Table } from '@mantine/core';
import { formatDuration, formatNumber, LoadingRows, MessageState } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { ChartColumn } from 'lucide-react';
import { Link } from 'react-router';
import { latestCallsQuery } from '../requests/request-log.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { endpointShares } from './endpoint-shares.ts';
import type { EndpointShare } from './endpoint-shares.ts';
import { useEndpointNames } from './use-endpoint-names.ts';
import classes from './UsagePage.module.css';

/** Which endpoints the latest calls went to, and how they fared. */
export function EndpointShares() {
  const { data, error, refetch } = useQuery(latestCallsQuery);
  const nameOf = useEndpointNames();
  if (error && !data) return <ErrorPanel error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingRows rows={3} />;
  const shares = endpointShares(data);
  if (shares.length === 0) {
    return (
      <MessageState icon={<ChartColumn size={22} />} title="No calls yet">
        Figures appear with your first call.
      </MessageState>
    );
  }
  return (
    <div className={classes.scroll} role="group" aria-label="Calls by endpoint" tabIndex={0}>
      <Table className={classes.table ?? ''}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Endpoint</Table.Th>
            <Table.Th className={classes.number ?? ''}>Calls</Table.Th>
            <Table.Th className={classes.number ?? ''}>Errors</Table.Th>
            <Table.Th className={classes.number ?? ''}>Median latency</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shares.map((share) => (
            <ShareRow
              key={`${share.collectionId} ${share.endpointId}`}
              share={share}
              name={nameOf(share.endpointId)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function ShareRow({ share, name }: { share: EndpointShare; name: string }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Link to={`/collections/${share.collectionId}/endpoints/${share.endpointId}`}>{name}</Link>
      </Table.Td>
      <Table.Td className={classes.number ?? ''}>{formatNumber(share.calls)}</Table.Td>
      <Table.Td className={classes.number ?? ''}>
        {formatNumber(share.errors)} ({Math.round((100 * share.errors) / share.calls)} %)
      </Table.Td>
      <Table.Td className={classes.number ?? ''}>{formatDuration(share.medianMs)}</Table.Td>
    </Table.Tr>
  );
}
