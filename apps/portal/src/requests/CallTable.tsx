import { Table } from '@mantine/core';
import { formatDuration, MethodBadge, RelativeTime, StatusBadge, Tag } from '@portico/ui';
import { Link } from 'react-router';
import type { LogEntry } from '../api/types.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import classes from './CallTable.module.css';

/** Calls, newest first; each leads to its record. */
export function CallTable({ calls, label }: { calls: readonly LogEntry[]; label: string }) {
  return (
    <div className={classes.scroll} role="group" aria-label={label} tabIndex={0}>
      <Table className={classes.table ?? ''} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Status</Table.Th>
            <Table.Th>Request</Table.Th>
            <Table.Th className={classes.roomy ?? ''}>Profile</Table.Th>
            <Table.Th className={`${classes.right} ${classes.roomy}`}>Latency</Table.Th>
            <Table.Th className={`${classes.right} ${classes.roomy}`}>When</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {calls.map((call) => (
            <CallRow key={call.request_id} call={call} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function CallRow({ call }: { call: LogEntry }) {
  const { profiles } = useActiveProfile();
  const profile = profiles.find(({ id }) => id === call.profile_id)?.name ?? call.profile_id;
  return (
    <Table.Tr className={classes.row ?? ''}>
      <Table.Td>
        <StatusBadge status={call.status} />
      </Table.Td>
      <Table.Td>
        <div className={classes.request}>
          <MethodBadge method={call.method} />
          <Link to={`/requests/${encodeURIComponent(call.request_id)}`} className={classes.link}>
            {call.path}
          </Link>
          {call.source === 'portal' && <Tag>test</Tag>}
          <span className={classes.meta}>
            {profile ?? 'no profile'} · {formatDuration(call.latency_ms)} ·{' '}
            <RelativeTime at={call.timestamp} />
          </span>
        </div>
      </Table.Td>
      <Table.Td className={classes.roomy ?? ''}>{profile ?? '–'}</Table.Td>
      <Table.Td className={`${classes.right} ${classes.roomy}`}>
        {formatDuration(call.latency_ms)}
      </Table.Td>
      <Table.Td className={`${classes.right} ${classes.roomy}`}>
        <RelativeTime at={call.timestamp} />
      </Table.Td>
    </Table.Tr>
  );
}
