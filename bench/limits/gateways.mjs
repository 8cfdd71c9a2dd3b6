// The same question from outside: whole gateway processes, real HTTP, counted where calls arrive.
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { makeEstate } from '../harness/estate.mjs';
import { identityOf, metric, publishTo, startNode } from '../harness/portico-node.mjs';
import { FAULT, harm, pause, startRedis } from './faults.mjs';
import { arrivals, PATTERNS, seeded } from './traffic.mjs';
import { goodput, quantile, surelyWithin, worstWindow } from './windows.mjs';

const LIMIT = 300;
const WINDOW = '10s';
const WINDOW_MS = 10_000;
/** `none` is a partner without limits: what a call costs anyway. */
const STREAMS = [
  { mode: 'none', pattern: 'even 2×' },
  ...['default', 'strict'].flatMap((mode) =>
    Object.keys(PATTERNS).map((pattern) => ({ mode, pattern })),
  ),
];
/** Heartbeats have reached all nodes by then, and the code they serve calls with is compiled. */
const WARM_UP_MS = 5_000;

const SENT_AT = 'x-bench-sent-at';
const nowMs = () => performance.now();

/** One partner with a policy of its own per mode and pattern, all at once; node counts in turn. */
export async function gatewayRuns({ dir, nodeCounts, seconds, natsUrl, natsMessages }) {
  const upstream = await startUpstream();
  const estate = estateOf(upstream.url);
  const publisher = await publishTo(natsUrl, estate);
  const world = { upstream, callers: estate.callers, natsMessages };
  const rows = [];
  try {
    for (const count of nodeCounts) {
      for (const isFaulty of [false, true]) {
        const redis = await startRedis();
        const env = { REDIS_URL: redis.url };
        const nodes = [];
        try {
          for (let at = 0; at < count; at += 1) nodes.push(await startNode(dir, { natsUrl, env }));
          await warmUp(nodes, estate.callers[0]);
          const run = isFaulty
            ? { label: `${count} gateways, fault`, seconds: FAULT.end, redis }
            : { label: `${count} gateways`, seconds };
          rows.push(...(await measure(nodes, run, world)));
        } finally {
          await Promise.all(nodes.map((node) => node.stop()));
          await redis.stop();
        }
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
    const isLimited = mode !== 'none';
    const outage = mode === 'strict' ? { mode, on_outage: 'closed' } : {};
    estate.values.set(`policy.${id}`, { ...policy, ...limits, ...outage, id, name: id });
    const policyId = isLimited ? id : undefined;
    estate.values.set(key, { ...estate.values.get(key), policy_id: policyId });
  });
  return estate;
}

const newOutcome = () => ({ offered: 0, failed: 0, latenciesMs: [] });

/** Calls of the partner without limits, of which nothing is counted. */
async function warmUp(nodes, caller) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const startMs = nowMs();
  const times = Array.from({ length: WARM_UP_MS / 10 }, (_, at) => at * 10);
  await Promise.all(
    nodes.map((node) => {
      const call = { agent, url: `${node.url}/orders/v2/orders/warm`, caller };
      return drive(times, { startMs, call, outcome: newOutcome() });
    }),
  );
  agent.destroy();
}

/** With `redis`, it is harmed meanwhile. */
async function measure(nodes, { label, seconds, redis }, { upstream, callers, natsMessages }) {
  const forMs = seconds * 1_000;
  const outcomes = STREAMS.map(newOutcome);
  upstream.calls = STREAMS.map(() => []);
  const counted = async () => ({
    silences: await total(nodes, 'portico_limit_authority_silences_total'),
    leases: await total(nodes, 'portico_limit_authority_calls_total'),
    messages: await natsMessages(),
  });
  const before = await counted();
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const startMs = nowMs() + 100;
  await Promise.all([
    redis && harm(redis, () => nowMs() - startMs),
    ...STREAMS.flatMap(({ pattern }, at) =>
      nodes.map((node, number) => {
        const call = { agent, url: `${node.url}/orders/v2/orders/${at}`, caller: callers[at] };
        const random = seeded(42_000 + number * 100 + at);
        const limitPerMs = LIMIT / WINDOW_MS;
        const shape = { node: number, nodes: nodes.length, limitPerMs, random, forMs };
        return drive(arrivals(pattern, shape), { startMs, call, outcome: outcomes[at] });
      }),
    ),
  ]);
  agent.destroy();
  const after = await counted();
  const shared = {
    'calls/s, all nodes and patterns': (after.leases - before.leases) / seconds,
    'NATS messages/s': (after.messages - before.messages) / seconds,
    'Redis silent, times, all nodes': after.silences - before.silences,
  };
  return STREAMS.map(({ mode, pattern }, at) =>
    rowOf({ label, mode, pattern, forMs }, upstream.calls[at], outcomes[at], shared),
  );
}

function rowOf({ label, mode, pattern, forMs }, calls, outcome, shared) {
  const arrivedAtMs = calls.map((call) => call.arrivedAtMs);
  const latencies = outcome.latenciesMs.toSorted((a, b) => a - b);
  const isLimited = mode !== 'none';
  return {
    nodes: label,
    traffic: pattern,
    limiter: isLimited ? `escrow, ${mode}` : 'no limit',
    ...(isLimited && {
      'worst window': surelyWithin(calls, WINDOW_MS) / LIMIT,
      'worst, by arrival': worstWindow(arrivedAtMs, WINDOW_MS) / LIMIT,
      goodput: goodput(calls.length, {
        offered: outcome.offered,
        allowed: (LIMIT * forMs) / WINDOW_MS,
      }),
    }),
    'call p50 ms': quantile(latencies, 0.5),
    'call p99 ms': quantile(latencies, 0.99),
    'neither 200 nor 429': outcome.failed,
    ...shared,
  };
}

async function total(nodes, name) {
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
    const sentAtMs = nowMs();
    const done = send(call, sentAtMs).then((status) => {
      open.delete(done);
      if (status === 200) outcome.latenciesMs.push(nowMs() - sentAtMs);
      else if (status !== 429) outcome.failed += 1;
    });
    open.add(done);
  }
  await Promise.all(open);
}

/** The status, or 0 when there was none. */
function send({ agent, url, caller }, sentAtMs) {
  return new Promise((resolve) => {
    const headers = { ...identityOf(caller), [SENT_AT]: `${sentAtMs}` };
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
