import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SnapshotPolicy } from '@portico/contracts';
import { compile, type ConfigIndex, type MeterScope, meterScope } from '@portico/enforcement';
import { createInProcessFeeds, decodeUsageDelta, type Feeds } from '@portico/messaging';
import { createLogger, createMetrics } from '@portico/telemetry';
import { Redis } from 'ioredis';
import {
  aClient,
  aCollection,
  aPolicy,
  aProfile,
  eventually,
  startRedis,
  startUpstream,
  type Service,
} from '@portico/testkit';
import {
  createMeters,
  usageTruthAt,
  type Limits,
  type UsageTruth,
} from '../../src/limits/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

let redis: Service;
let feeds: Feeds;
let running: Limits[];

beforeEach(async () => {
  redis = await startRedis({ args: ['--appendonly', 'no'] });
  feeds = createInProcessFeeds({ logger });
  running = [];
});
afterEach(async () => {
  redis.thaw();
  await Promise.all(running.map((limits) => limits.stop()));
  await feeds.close();
  await redis.stop();
});

const indexWith = (over: Partial<SnapshotPolicy>, revision = 1): ConfigIndex =>
  compile(
    {
      revision,
      collections: [aCollection()],
      policies: [aPolicy({ id: 'pol_test', ...over } as never)],
      clients: [
        aClient({
          policy_id: 'pol_test',
          profiles: [aProfile(), aProfile({ id: 'pr_apart', policy_id: 'pol_test' })],
        } as never),
      ],
    },
    { unseal: (sealed) => sealed },
  );

function scopeIn(index: ConfigIndex, profileId = 'pr_default'): MeterScope {
  const client = index.clientById.get('cl_acme');
  const profile = client?.profileById.get(profileId);
  if (!client || !profile) throw new Error('no such profile in the test configuration');
  return meterScope(index, client, profile);
}

async function boot(index: ConfigIndex, usageTruth?: UsageTruth): Promise<Limits> {
  const limits = await createMeters({
    nodeId: `gw-${running.length + 1}`,
    redisUrl: redis.url,
    usage: feeds.usage,
    logger,
    metrics: createMetrics(),
    clusterSize: () => Math.max(1, running.length),
    ...(usageTruth && { usageTruth }),
  });
  limits.applyIndex(index);
  running.push(limits);
  return limits;
}

/** One request, as the request path makes it: wait while pending, then ask again. */
async function ask({ meters }: Limits, scope: MeterScope) {
  for (;;) {
    const verdict = meters.take(scope, Date.now());
    if (verdict.kind !== 'pending') return verdict;
    await verdict.ready;
  }
}

async function askMany(nodes: readonly Limits[], scope: MeterScope, requests: number) {
  const asked = Array.from({ length: requests }, (_, at) => {
    const node = nodes[at % nodes.length];
    if (!node) throw new Error('no node to ask');
    return ask(node, scope);
  });
  const verdicts = await Promise.all(asked);
  return verdicts.filter(({ kind }) => kind === 'granted').length;
}

/** So many are granted, however often it takes: a lease late on a busy machine is a refusal at first. */
const admit = (nodes: readonly Limits[], scope: MeterScope, requests: number): Promise<void> => {
  let granted = 0;
  return eventually(async () => {
    granted += await askMany(nodes, scope, requests - granted);
    expect(granted).toBe(requests);
  });
};

/** So many are granted, and not one more. */
async function useUp(nodes: readonly Limits[], scope: MeterScope, left: number): Promise<void> {
  await admit(nodes, scope, left);
  expect(await askMany(nodes, scope, 40)).toBe(0);
}

const PR_A = { id: 'pr_a', clientId: 'cl_acme', policyId: null };
const PR_B = { ...PR_A, id: 'pr_b' };
const STRICT = { mode: 'strict', rate_limits: [{ requests: 30, window: '1m' }] } as const;

describe('limits shared through Redis', () => {
  it('eight nodes hit at once admit the limit together, and say when to come back', async () => {
    const index = indexWith(STRICT as never);
    const nodes: Limits[] = [];
    for (let at = 0; at < 8; at += 1) nodes.push(await boot(index));
    let granted = 0;
    await eventually(async () => {
      granted += await askMany(nodes, scopeIn(index), 200);
      expect(granted).toBeGreaterThanOrEqual(30);
    });
    granted += await askMany(nodes, scopeIn(index), 200);
    expect(granted).toBe(30);
    await eventually(async () => {
      const verdict = await ask(nodes[3] as Limits, scopeIn(index));
      expect(verdict).toMatchObject({
        kind: 'refused',
        code: 'rate_limit_exceeded',
        exceeded: { name: '1m', limit: 30, used: 30, remaining: 0 },
      });
      if (verdict.kind === 'refused') expect(verdict.retryAfterSeconds).toBeGreaterThan(40);
    });
  });

  it('a node that starts has met its Redis before it decides anything', async () => {
    const metrics = createMetrics();
    const { stop } = await createMeters({
      ...{ nodeId: 'gw-new', redisUrl: redis.url, usage: feeds.usage, logger, metrics },
      clusterSize: () => 1,
    });
    await stop();
    expect(await metrics.registry.metrics()).toContain(
      'portico_limit_authority_silences_total 0\n',
    );
  });

  it('Retry-After, obeyed, succeeds', async () => {
    const index = indexWith({ mode: 'strict', rate_limits: [{ requests: 5, window: '1s' }] });
    const node = await boot(index);
    // Asked until refused: on a busy machine a second may pass before the limit is used up.
    const refused = await eventually(async () => {
      const verdict = await ask(node, scopeIn(index));
      if (verdict.kind !== 'refused') throw new Error('not refused yet');
      return verdict;
    });
    // Refused again only where the lease comes late, as on a busy machine: then it is obeyed again.
    // That it is right at the first time is what the simulation says, where nothing is late.
    let verdict: Awaited<ReturnType<typeof ask>> = refused;
    for (let turn = 0; turn < 4 && verdict.kind === 'refused'; turn += 1) {
      const untilMs = Date.now() + verdict.retryAfterSeconds * 1_000;
      await eventually(() => Date.now() >= untilMs);
      verdict = await ask(node, scopeIn(index));
    }
    expect(verdict.kind).toBe('granted');
  });

  it('a profile with its own policy is counted apart from its client', async () => {
    const index = indexWith(STRICT as never);
    const node = await boot(index);
    await useUp([node], scopeIn(index), 30);
    await useUp([node], scopeIn(index, 'pr_apart'), 30);
  });

  it('a node that stops returns what it held, at once', async () => {
    const index = indexWith(STRICT as never);
    const [first, second] = [await boot(index), await boot(index)];
    await admit([first], scopeIn(index), 10);
    await first.stop();
    await useUp([second], scopeIn(index), 20);
  });

  it('questions about usage are answered with what the authority says', async () => {
    const index = indexWith({ ...STRICT, quota: { requests: 100, period: 'month' } } as never);
    const nodes = [await boot(index), await boot(index)];
    await admit(nodes, scopeIn(index), 12);
    await eventually(async () => {
      const reports = await feeds.usage.askUsage('client:cl_acme', 300);
      expect(reports.map(({ authoritative }) => authoritative)).toEqual([true, true]);
      for (const { limits } of reports) {
        expect(limits).toMatchObject([
          { name: '1m', kind: 'rate', limit: 30, used: 12, remaining: 18 },
          { name: 'month', kind: 'quota', limit: 100, used: 12, remaining: 88 },
        ]);
      }
    });
    expect(await feeds.usage.askUsage('client:cl_other', 50)).toEqual([]);
  });

  it('a changed policy is in force with the next request, and remembers what was used', async () => {
    const before = indexWith(STRICT as never);
    const nodes = [await boot(before), await boot(before)];
    await admit(nodes, scopeIn(before), 20);
    const after = indexWith(
      { mode: 'strict', rate_limits: [{ requests: 25, window: '5m' }] } as never,
      2,
    );
    await useUp(nodes, scopeIn(after), 5);
  });
});

describe('without Redis', () => {
  it('a frozen one fails nobody below its share, and the limit holds when it is back', async () => {
    const index = indexWith({ rate_limits: [{ requests: 40, window: '1m' }] });
    const nodes = [await boot(index), await boot(index)];
    await admit(nodes, scopeIn(index), 8);
    redis.freeze();
    let granted = 8;
    await eventually(async () => {
      granted += await askMany(nodes, scopeIn(index), 100);
      expect(granted).toBe(40);
    });
    redis.thaw();
    await eventually(async () => {
      const [report] = await feeds.usage.askUsage('client:cl_acme', 300);
      expect(report?.authoritative).toBe(true);
      expect(report?.limits[0]?.remaining).toBe(0);
    });
    expect(await askMany(nodes, scopeIn(index), 20)).toBe(0);
  });

  it('every node tells the same last word of a silent one, and of when it is', async () => {
    const index = indexWith({
      rate_limits: [{ requests: 1_000, window: '1h' }],
      quota: { requests: 5_000, period: 'month' },
    });
    const nodes = [await boot(index), await boot(index)];
    await admit(nodes, scopeIn(index), 12);
    const asked = () => feeds.usage.askUsage('client:cl_acme', 400);
    await eventually(async () => {
      for (const { limits } of await asked())
        expect(limits).toMatchObject(Array(2).fill({ used: 12 }));
    });
    redis.freeze();
    const frozenAtMs = Date.now();
    await admit(nodes, scopeIn(index), 8);
    const reports = await asked();
    expect(reports).toHaveLength(2);
    for (const report of reports) {
      expect(report).toMatchObject({
        ...{ authoritative: false, last_heard: true },
        limits: [
          { name: '1h', used: 12 },
          { name: 'month', used: 12 },
        ],
      });
      expect(report.as_of_ms).toBeLessThanOrEqual(frozenAtMs);
    }
    redis.thaw();
    await eventually(async () => {
      for (const report of await asked()) {
        expect(report).toMatchObject({ authoritative: true, limits: [{ used: 20 }, { used: 20 }] });
        expect(report.last_heard).toBeUndefined();
      }
    });
  });

  it('a node says nothing of what only one that it never met can know', async () => {
    await redis.kill();
    const index = indexWith({ rate_limits: [{ requests: 40, window: '1m' }] });
    const node = await boot(index);
    await admit([node], scopeIn(index), 8);
    const [report] = await feeds.usage.askUsage('client:cl_acme', 400);
    expect(report).toMatchObject({ authoritative: false, limits: [] });
    expect(report?.last_heard).toBeUndefined();
    await redis.restart();
    await eventually(async () => {
      const [heard] = await feeds.usage.askUsage('client:cl_acme', 400);
      expect(heard).toMatchObject({ authoritative: true, limits: [{ used: 8 }] });
    });
  });

  it('one that comes back with an old state is told by the nodes what they used', async () => {
    const index = indexWith({
      ...{ mode: 'strict', on_outage: 'closed' },
      rate_limits: [{ requests: 40, window: '1h' }],
    });
    const nodes = [await boot(index), await boot(index)];
    const snapshots = new Redis(redis.url);
    await admit(nodes, scopeIn(index), 10);
    await eventually(async () => {
      const [report] = await feeds.usage.askUsage('client:cl_acme', 300);
      expect(report?.limits).toMatchObject([{ used: 10 }]);
    });
    await snapshots.save();
    snapshots.disconnect();
    await useUp(nodes, scopeIn(index), 30);
    await redis.kill();
    await redis.restart();
    let more = 0;
    await eventually(async () => {
      more += await askMany(nodes, scopeIn(index), 10);
      const [report] = await feeds.usage.askUsage('client:cl_acme', 300);
      expect(report).toMatchObject({ authoritative: true, limits: [{ used: 40 }] });
    });
    expect(more + (await askMany(nodes, scopeIn(index), 40))).toBe(0);
  });

  it('one that comes back empty is told by the nodes what they used', async () => {
    const index = indexWith({ ...STRICT, quota: { requests: 500, period: 'month' } } as never);
    const nodes = [await boot(index), await boot(index)];
    await admit(nodes, scopeIn(index), 21);
    await redis.kill();
    await redis.restart();
    await eventually(async () => {
      const [report] = await feeds.usage.askUsage('client:cl_acme', 300);
      expect(report).toMatchObject({
        authoritative: true,
        limits: [{ used: 21 }, { name: 'month', used: 21 }],
      });
    });
    const granted = { count: 0 };
    await eventually(async () => {
      granted.count += await askMany(nodes, scopeIn(index), 20);
      expect(granted.count).toBeGreaterThan(0);
    });
    granted.count += await askMany(nodes, scopeIn(index), 40);
    expect(granted.count).toBe(9);
  });

  it('a node starts, decides by the outage policy, and joins when Redis is there', async () => {
    await redis.kill();
    const closed = indexWith({ ...STRICT, on_outage: 'closed' } as never);
    const node = await boot(closed);
    await eventually(async () => expect((await ask(node, scopeIn(closed))).kind).toBe('refused'));
    await redis.restart();
    await eventually(async () => expect((await ask(node, scopeIn(closed))).kind).toBe('granted'));
  });
});

describe('the usage ledger', () => {
  it('gets every admitted call once, though storing fails at first, and the last ones on stop', async () => {
    const stored: { sequence: number; admitted: number; deltaId: string }[] = [];
    let failures = 3;
    const node = await createMeters({
      nodeId: 'gw-1',
      logger,
      metrics: createMetrics(),
      clusterSize: () => 1,
      usage: {
        ...feeds.usage,
        publishDelta: async (_node, deltaId, payload) => {
          const { sequence, counts } = await decodeUsageDelta(payload);
          const admitted = counts.reduce((sum, count) => sum + count.admitted, 0);
          stored.push({ sequence, admitted, deltaId });
          // Stored, and the answer lost: it will be sent again as it was.
          if ((failures -= 1) >= 0) throw new Error('no answer');
        },
      },
    });
    const beforeMidnight = Date.parse('2026-11-21T23:59:59.999Z');
    for (let at = 0; at < 50; at += 1) node.recordAdmission(PR_A, beforeMidnight + at);
    for (let at = 0; at < 30; at += 1) node.recordAdmission(PR_B, beforeMidnight);
    await eventually(() => expect(stored.length).toBeGreaterThan(1));
    for (let at = 0; at < 20; at += 1) node.recordAdmission(PR_A, beforeMidnight + 50);
    await node.stop();
    const once = new Map(stored.map((delta) => [delta.deltaId, delta]));
    expect([...once.values()].reduce((sum, { admitted }) => sum + admitted, 0)).toBe(100);
    for (const delta of stored) expect(once.get(delta.deltaId)).toEqual(delta);
    expect([...once.values()].map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('gets from the next process what the one before could not store', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'portico-usage-'));
    const stored = new Map<string, number>();
    let isAway = true;
    const start = () =>
      createMeters({
        ...{ nodeId: 'gw-1', logger, metrics: createMetrics(), clusterSize: () => 1 },
        usageDirectory: join(directory, 'cache', 'usage'),
        usage: {
          ...feeds.usage,
          publishDelta: async (_node, deltaId, payload) => {
            const { counts } = await decodeUsageDelta(payload);
            stored.set(
              deltaId,
              counts.reduce((sum, count) => sum + count.admitted, 0),
            );
            // Stored, though the first process will never hear of it.
            if (isAway) throw new Error('no answer');
          },
        },
      });
    const before = await start();
    for (let at = 0; at < 40; at += 1) before.recordAdmission(PR_A, Date.now());
    await eventually(() => expect(stored.size).toBe(1));
    for (let at = 0; at < 7; at += 1) before.recordAdmission(PR_A, Date.now());
    await before.stop();
    isAway = false;
    const after = await start();
    after.recordAdmission(PR_A, Date.now());
    await after.stop();
    const total = [...stored.values()].reduce((sum, admitted) => sum + admitted, 0);
    expect(total).toBe(48);
    expect(await readdir(join(directory, 'cache', 'usage'))).toEqual([]);
    await rm(directory, { recursive: true });
  });

  it('keeps the quota of a node without Redis over a restart', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const ledger = await startUpstream((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          data: [{ day: today, profile_id: 'pr_default', apart: false, admitted: 90 }],
        }),
      );
    });
    const index = indexWith({ rate_limits: [], quota: { requests: 100, period: 'day' } });
    const node = await createMeters({
      ...{ nodeId: 'gw-1', usage: feeds.usage, logger, metrics: createMetrics() },
      ...{ clusterSize: () => 1, usageTruth: usageTruthAt(ledger.url, 'secret') },
    });
    node.applyIndex(index);
    running.push(node);
    expect((await ask(node, scopeIn(index))).kind).toBe('granted');
    await eventually(async () => {
      const [report] = await feeds.usage.askUsage('client:cl_acme', 100);
      expect(report?.limits[0]?.used).toBe(91);
    });
    expect(await askMany([node], scopeIn(index), 30)).toBe(9);
    await ledger.stop();
  });

  it('is not added to a quota twice where it answers late, with calls of this process in it', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const ledger = { isAway: true, admitted: 90 };
    const node = await createMeters({
      ...{ nodeId: 'gw-1', logger, metrics: createMetrics(), clusterSize: () => 1 },
      usage: {
        ...feeds.usage,
        publishDelta: async (_node, _deltaId, payload) => {
          const { counts } = await decodeUsageDelta(payload);
          for (const { admitted } of counts) ledger.admitted += admitted;
        },
      },
      usageTruth: async () => {
        if (ledger.isAway) throw new Error('no answer');
        return [{ day: today, profile_id: 'pr_default', apart: false, admitted: ledger.admitted }];
      },
    });
    running.push(node);
    const index = indexWith({ rate_limits: [], quota: { requests: 1_000, period: 'day' } });
    node.applyIndex(index);
    const call = async (): Promise<void> => {
      expect((await ask(node, scopeIn(index))).kind).toBe('granted');
      node.recordAdmission(PR_A, Date.now());
    };
    for (let calls = 0; calls < 5; calls += 1) await call();
    const used = async () =>
      (await feeds.usage.askUsage('client:cl_acme', 100))[0]?.limits[0]?.used;
    await eventually(() => ledger.admitted === 95);
    await eventually(async () => expect(await used()).toBe(5));
    ledger.isAway = false;
    // Asked again with the first call after five seconds.
    const dueMs = performance.now() + 5_000;
    await eventually(() => performance.now() > dueMs);
    await call();
    await eventually(async () => expect(await used()).toBe(96));
  });

  it('seeds a quota that Redis knows nothing of', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const ledger = await startUpstream((_request, response) => {
      response.setHeader('content-type', 'application/json');
      const data = [
        { day: today, profile_id: 'pr_default', apart: false, admitted: 60 },
        { day: today, profile_id: 'pr_gone', apart: false, admitted: 20 },
        { day: today, profile_id: 'pr_apart', apart: false, admitted: 10 },
        { day: today, profile_id: 'pr_apart', apart: true, admitted: 70 },
        { day: today, profile_id: 'pr_gone', apart: true, admitted: 500 },
        { day: today, profile_id: 'pr_default', apart: true, admitted: 500 },
      ];
      response.end(JSON.stringify({ data }));
    });
    const index = indexWith({
      rate_limits: [],
      quota: { requests: 95, period: 'day' },
      mode: 'strict',
    } as never);
    const node = await boot(index, usageTruthAt(ledger.url, 'secret'));
    for (const [key, profileId, counted] of [
      ['client:cl_acme', 'pr_default', 90],
      ['profile:pr_apart', 'pr_apart', 70],
    ] as const) {
      await ask(node, scopeIn(index, profileId));
      await eventually(async () => {
        const used = (await feeds.usage.askUsage(key, 300))[0]?.limits[0]?.used;
        // The call just made comes on top.
        expect([counted, counted + 1]).toContain(used);
      });
    }
    await eventually(async () => {
      const verdict = await ask(node, scopeIn(index));
      expect(verdict).toMatchObject({ kind: 'refused', code: 'quota_exceeded' });
    });
    expect(ledger.requests[0]?.headers.authorization).toBe('Bearer secret');
    expect(ledger.requests[0]?.query.get('client_id')).toBe('cl_acme');
    await ledger.stop();
  });
});
