import type { Heartbeat } from '@portico/contracts';
import type { DataSource } from 'typeorm';
import type { CheckContext } from '../check-context.ts';
import { fireNew, type Alert } from '../fire.ts';
import { recipientsOf } from '../recipients.ts';
import { standingOf, type Committed, type LagLimits, type Standing } from './lagging-node.ts';

/**
 * Tells of a live node that lags, once: until it has caught up, its row stands. A node that is gone
 * has not caught up; when it comes back still behind, nothing new has happened.
 */
export async function checkNodes(
  context: CheckContext,
  heartbeats: readonly Heartbeat[],
  limits: LagLimits,
): Promise<number> {
  const { dataSource, nowMs } = context;
  if (heartbeats.length === 0) return 0;
  const committed = await readCommitted(dataSource, heartbeats);
  const nodes = heartbeats.map((heartbeat) => ({
    heartbeat,
    standing: standingOf(heartbeat, committed, { limits, nowMs }),
  }));
  const current = nodes.filter(({ standing }) => standing.kind === 'current');
  await endEpisodes(
    dataSource,
    current.map(({ heartbeat }) => heartbeat.node),
  );
  const alerts = nodes.flatMap(({ heartbeat, standing }) =>
    standing.kind === 'lagging' ? [alertOf(heartbeat, standing, { context, committed })] : [],
  );
  return fireNew(dataSource, alerts, new Date(nowMs));
}

async function readCommitted(
  dataSource: DataSource,
  heartbeats: readonly Heartbeat[],
): Promise<Committed> {
  const revisions = [...new Set(heartbeats.map(({ revision }) => revision))];
  const rows: { revision: string; at: Date }[] = await dataSource.query(
    `select node.revision, missing.at from unnest($1::bigint[]) as node (revision)
     cross join lateral (
       select at from config_changes change where change.revision > node.revision
       order by change.revision limit 1
     ) missing`,
    [revisions],
  );
  const [head]: { revision: string }[] = await dataSource.query(
    'select revision from config_revision where id = 1',
  );
  const missingSince = new Map(rows.map((row) => [Number(row.revision), row.at.getTime()]));
  return {
    revision: Number(head?.revision ?? 0),
    missingSinceMs: (revision) => missingSince.get(revision) ?? null,
  };
}

async function endEpisodes(dataSource: DataSource, nodes: readonly string[]): Promise<void> {
  if (nodes.length === 0) return;
  await dataSource.query('delete from alerts where key = any($1::text[])', [nodes.map(keyOf)]);
}

function alertOf(
  { node, revision, stale_reason }: Heartbeat,
  { revisionsBehind, secondsBehind }: Extract<Standing, { kind: 'lagging' }>,
  { context, committed }: { context: CheckContext; committed: Committed },
): Alert {
  return {
    key: keyOf(node),
    event: {
      type: 'node.lagging',
      data: {
        node,
        revision,
        current_revision: committed.revision,
        revisions_behind: revisionsBehind,
        seconds_behind: secondsBehind,
        stale_reason,
      },
    },
    recipients: recipientsOf(context.adminEmail, null),
  };
}

const keyOf = (node: string): string => `node ${node}`;
