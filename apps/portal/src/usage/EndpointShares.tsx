import { Table } from '@mantine/core';
import { formatNumber, MethodBadge } from '@portico/ui';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { EndpointShare, Metrics } from '../api/types.ts';
import { otherCalls, type OtherCalls } from './endpoint-shares.ts';
import { errorShare } from './error-share.ts';
import classes from './UsagePage.module.css';

/** Which endpoints were called, and how they fared; the rest is one row. */
export function EndpointShares({ metrics }: { metrics: Metrics }) {
  const other = otherCalls(metrics);
  return (
    <div className={classes.scroll} role="group" aria-label="Calls by endpoint" tabIndex={0}>
      <Table className={classes.table ?? ''}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Endpoint</Table.Th>
            <Table.Th className={classes.number ?? ''}>Calls</Table.Th>
            <Table.Th className={classes.number ?? ''}>Errors</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {metrics.facets.endpoints.map((share) => (
            <Share key={share.endpoint_id} share={share}>
              <EndpointName share={share} />
            </Share>
          ))}
          {other && (
            <Share share={other}>
              Anything else
              <div className={classes.path}>Paths outside your contract, or no longer in it</div>
            </Share>
          )}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Share({ share, children }: { share: OtherCalls; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Td>{children}</Table.Td>
      <Table.Td className={classes.number ?? ''}>{formatNumber(share.requests)}</Table.Td>
      <Table.Td className={classes.number ?? ''}>{errorShare(share)}</Table.Td>
    </Table.Tr>
  );
}

function EndpointName({ share }: { share: EndpointShare }) {
  return (
    <>
      <Link to={`/collections/${share.collection_id}/endpoints/${share.endpoint_id}`}>
        {share.name}
      </Link>{' '}
      <div className={classes.path}>
        {share.methods.map((method) => (
          <MethodBadge key={method} method={method} />
        ))}{' '}
        <code>{share.full_path}</code>
      </div>
    </>
  );
}
