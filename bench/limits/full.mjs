// The same question from outside: whole gateway processes, real HTTP, counted where calls arrive.
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { makeEstate } from '../harness/estate.mjs';
import { identityOf, metric, publishTo, startNode } from '../harness/portico-node.mjs';
import { arrivals, seeded } from './traffic.mjs';
import { goodput, surelyWithin, worstWindow } from './windows.mjs';

const LIMIT = 300;
const WINDOW = '10s';
const WINDOW_MS = 10_000;
const TRAFFIC = ['even 2×', '90/10 2×', 'even 10×', 'bursts 4×'];
const STREAMS = ['default', 'strict'].flatMap((mode) =>
  TRAFFIC.map((pattern) => ({ mode, pattern })),
);
/** Heartbeats of all nodes have reached all nodes by then. */
const SETTLE_MS = 3_000;

const SENT_AT = 'x-bench-sent-at';
const nowMs = () => performance.now();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One partner with a policy of its own per mode and pattern, all at once; node counts in turn. */
export async function fullRuns({ dir, nodeCounts, seconds, natsUrl, startRedis }) {
  const upstream = await startUpstream();
  const estate = estateOf(upstream.url);
  const publisher = await publishTo(natsUrl, estate);
  const rows = [];
  try {
    for (const count of nodeCounts) {
      const redis = await startRedis();
      const env = { REDIS_URL: redis.url };
      const nodes = [];
      try {
        for (let at = 0; at < count; at += 1) nodes.push(await startNode(dir, { natsUrl, env }));
        await pause(SETTLE_MS);
        rows.push(...(await measure({ nodes, seconds, upstream, callers: estate.callers })));
      } finally {
        await Promise.all(nodes.map((node) => node.stop()));
        await redis.stop();
      }
    }
  } finally {
    await publisher.close();
    upstream.close();
  }
  return rows;
}

function estateOf(upstreamUrl) {
  const estate = makeEstate({ clients: STREAMS.length, upstreamUrl });
  const policy = estate.values.get('policy.pol_bench');
  const limits = { rate_limits: [{ requests: LIMIT, window: WINDOW }], quota: null };
  STREAMS.forEach(({ mode }, at) => {
    const id = `pol_bench_${at}`;
    const key = `client.${estate.callers[at].client}`;
    estate.values.set(`policy.${id}`, { ...policy, ...limits, id, name: id, mode });
    estate.values.set(key, { ...estate.values.get(key), policy_id: id });
  });
  return estate;
}

async function measure({ nodes, seconds, upstream, callers }) {
  const forMs = seconds * 1_000;
  const outcomes = STREAMS.map(() => ({ offered: 0, refused: 0, failed: 0 }));
  upstream.calls = STREAMS.map(() => []);
  const silentBefore = await silences(nodes);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const startMs = nowMs() + 100;
  await Promise.all(
    STREAMS.flatMap(({ pattern }, at) =>
      nodes.map((node, number) => {
        const call = { agent, url: `${node.url}/orders/v2/orders/${at}`, caller: callers[at] };
        const random = seeded(42_000 + number * 100 + at);
        const limitPerMs = LIMIT / WINDOW_MS;
        const shape = { node: number, nodes: nodes.length, limitPerMs, random, forMs };
        return drive(arrivals(pattern, shape), { startMs, call, outcome: outcomes[at] });
      }),
    ),
  );
  agent.destroy();
  const silentTimes = (await silences(nodes)) - silentBefore;
  return STREAMS.map(({ mode, pattern }, at) => ({
    nodes: `${nodes.length} gateways`,
    traffic: pattern,
    limiter: `escrow, ${mode}`,
    'worst window': surelyWithin(upstream.calls[at], WINDOW_MS) / LIMIT,
    'worst, by arrival':
      worstWindow(
        upstream.calls[at].map(({ arrivedAtMs }) => arrivedAtMs),
        WINDOW_MS,
      ) / LIMIT,
    goodput: goodput(upstream.calls[at].length, {
      offered: outcomes[at].offered,
      allowed: (LIMIT * forMs) / WINDOW_MS,
    }),
    'neither 200 nor 429': outcomes[at].failed,
    'Redis silent, times, all nodes': silentTimes,
  }));
}

async function silences(nodes) {
  const name = 'portico_limit_authority_silences_total';
  const counts = await Promise.all(nodes.map((node) => metric(node, name)));
  return counts.reduce((sum, count) => sum + (count ?? 0), 0);
}

/** Sends at the given times whatever became of the calls before. */
async function drive(times, { startMs, call, outcome }) {
  const open = new Set();
  for (const atMs of times) {
    const restMs = startMs + atMs - nowMs();
    if (restMs > 1) await pause(restMs);
    outcome.offered += 1;
    const done = send(call).then((status) => {
      open.delete(done);
      if (status === 429) outcome.refused += 1;
      else if (status !== 200) outcome.failed += 1;
    });
    open.add(done);
  }
  await Promise.all(open);
}

/** The status, or 0 when there was none. */
function send({ agent, url, caller }) {
  return new Promise((resolve) => {
    const headers = { ...identityOf(caller), [SENT_AT]: `${nowMs()}` };
    const sent = request(url, { agent, headers }, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode));
    });
    sent.once('error', () => resolve(0));
    sent.end();
  });
}

/** Where admitted calls arrive; their path names the stream. */
async function startUpstream() {
  const upstream = { url: '', calls: [], close: () => server.close() };
  const server = createServer((incoming, response) => {
    const sentAtMs = Number(incoming.headers[SENT_AT]);
    upstream.calls[Number(incoming.url.split('/').at(-1))]?.push({
      sentAtMs,
      arrivedAtMs: nowMs(),
    });
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  upstream.url = `http://127.0.0.1:${server.address().port}`;
  return upstream;
}
