// Is a limit a limit on 2, 4, 8 nodes? Admitted ÷ limit in the worst trailing window, goodput, what
// asking costs, and messages; the same with Redis frozen for 12 s and then restarted empty. First the
// limiter with its peers under the same arrivals, then whole gateways, seen from outside.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startNats } from '../harness/portico-node.mjs';
import { ensure, freePort, stopAll } from '../harness/processes.mjs';
import { report } from '../harness/report.mjs';
import { FAULT, harm, startRedis } from './faults.mjs';
import { gatewayRuns } from './gateways.mjs';
import { goodput, quantile, worstWindow } from './windows.mjs';

const NODES = (process.env.BENCH_NODES ?? '2,4,8').split(',').map(Number);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 30);
const LIMIT = 1_000;
const WINDOW = '10s';
const WINDOW_MS = 10_000;
const LIMITERS = ['escrow, default', 'escrow, strict', 'static L/N', 'Redis per request'];

const missing = ensure({ 'nats-server': ['nats-server'], 'redis-server': ['redis-server'] });
if (missing.length > 0) {
  console.error(`This bench needs ${missing.join(', ')}.`);
  process.exit(1);
}
const dir = mkdtempSync(join(tmpdir(), 'portico-bench-'));
const machineMs = () => Number(process.hrtime.bigint()) / 1e6;

try {
  const monitorPort = await freePort();
  const natsUrl = await startNats(dir, undefined, monitorPort);
  const natsMessages = async () => {
    const response = await fetch(`http://127.0.0.1:${monitorPort}/varz`);
    return (await response.json()).in_msgs;
  };
  const rows = [];
  for (const nodes of NODES) {
    rows.push(...(await run({ label: `${nodes}`, nodes, seconds: SECONDS, natsUrl })));
    const faulty = { label: `${nodes}, fault`, nodes, seconds: FAULT.end, isFaulty: true };
    rows.push(...(await run({ ...faulty, natsUrl })));
  }
  const gateways = { dir, nodeCounts: NODES, seconds: SECONDS, natsUrl, natsMessages };
  rows.push(...(await gatewayRuns(gateways)));
  report('limits', {
    method: `limiter processes (the gateway's own limiter without its HTTP side), real Redis and NATS; ${LIMIT} requests per ${WINDOW}, ${SECONDS} s per run; all limiters and patterns at once, each under the same seeded arrivals; times from one monotonic clock. Then whole gateway processes, 300 requests per 10 s, real HTTP, seen from outside.`,
    rows,
    notes: [
      'worst window = most admitted in any trailing window ÷ limit; bounds: strict ≤ 1.000, default ≤ 1.010 under steady traffic.',
      'goodput = admitted ÷ what limit and demand allowed; strict, with `closed`, admits nothing while Redis is away.',
      'Redis silent = times a node got no answer within 100 ms; a node in default mode then goes on with its part of what was left, others may use the same part, and the window may end that much over its limit.',
      'of gateways, worst window counts the calls that were sent and had arrived at the upstream within one window, a lower bound; by arrival, calls held up on the way shift windows. What a limit adds to a call is its p50 and p99 beside those of "no limit".',
      `fault: Redis frozen for ${FAULT.thaw - FAULT.freeze} s, later killed and started empty; default decides by its share (bound 1.04), strict is closed.`,
    ],
  });
} finally {
  await stopAll();
  rmSync(dir, { recursive: true, force: true });
}

async function run({ label, nodes, seconds, natsUrl, isFaulty = false }) {
  const redis = await startRedis();
  const forMs = seconds * 1_000;
  const common = { nodes, seed: 42, limit: LIMIT, window: WINDOW, windowMs: WINDOW_MS, forMs };
  const processes = Array.from({ length: nodes }, (_, node) =>
    startNode({ ...common, node, redisUrl: redis.url, natsUrl, limiters: LIMITERS }),
  );
  try {
    await Promise.all(processes.map(({ ready }) => ready));
    const startMs = machineMs() + 200;
    for (const { child } of processes) child.send({ startMs });
    const [results] = await Promise.all([
      Promise.all(processes.map(({ done }) => done)),
      isFaulty && harm(redis, () => machineMs() - startMs),
    ]);
    return rowsOf(label, results, { seconds });
  } finally {
    for (const { child } of processes) child.kill('SIGKILL');
    await redis.stop();
  }
}

function startNode(options) {
  const script = fileURLToPath(new URL('node.mjs', import.meta.url));
  const child = fork(script, [JSON.stringify(options)], { serialization: 'advanced' });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a limiter process ended early with ${code}`);
  });
  ended.catch(() => {});
  const message = (isWanted) =>
    new Promise((resolve) => child.on('message', (one) => isWanted(one) && resolve(one)));
  return {
    child,
    ready: Promise.race([message((one) => one === 'ready'), ended]),
    done: Promise.race([message((one) => one !== 'ready'), ended]),
  };
}

function rowsOf(label, results, { seconds }) {
  const escrowCalls = results.reduce((sum, { escrowCalls: calls }) => sum + calls, 0);
  const peerCalls = results.reduce((sum, { peerCalls: calls }) => sum + calls, 0);
  const silences = results.reduce((sum, { silences: times }) => sum + times, 0);
  const messages = {
    'escrow, default': escrowCalls / 2,
    'escrow, strict': escrowCalls / 2,
    'Redis per request': peerCalls,
  };
  const [{ outcomes: first }] = results;
  return first.map(({ name, pattern }, at) => {
    const outcomes = results.map((result) => result.outcomes[at]);
    const all = (field) => outcomes.flatMap((one) => [...one[field]]);
    const admitted = all('admittedAtMs').sort((a, b) => a - b);
    const offered = outcomes.reduce((sum, one) => sum + one.offered, 0);
    const waits = all('waitsMs').sort((a, b) => a - b);
    const asks = all('askNs').sort((a, b) => a - b);
    return {
      nodes: label,
      traffic: pattern,
      limiter: name,
      'worst window': worstWindow(admitted, WINDOW_MS) / LIMIT,
      goodput: goodput(admitted.length, {
        offered,
        allowed: (LIMIT * seconds * 1_000) / WINDOW_MS,
      }),
      'waited %': (100 * waits.length) / offered,
      'wait p50 ms': quantile(waits, 0.5),
      'wait p99 ms': quantile(waits, 0.99),
      'ask p50 µs': micro(quantile(asks, 0.5)),
      'ask p99 µs': micro(quantile(asks, 0.99)),
      'calls/s, all nodes and patterns':
        messages[name] === undefined ? 0 : messages[name] / seconds,
      'Redis silent, times, all nodes': name.startsWith('escrow') ? silences : undefined,
    };
  });
}

function micro(ns) {
  return ns === undefined ? undefined : ns / 1_000;
}
