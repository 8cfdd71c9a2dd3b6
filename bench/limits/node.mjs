// One gateway-like process: the gateway's limiter, and its peers, each under the same traffic.
import { connectNats } from '@portico/messaging';
import { createLogger, createMetrics } from '@portico/telemetry';
import { createMeters } from '../../apps/gateway/dist/limits/index.js';
import { redisPerRequest, staticShare } from './peers.mjs';
import { arrivals, PATTERNS, seeded } from './traffic.mjs';

const { node, nodes, seed, limit, window, windowMs, forMs, redisUrl, natsUrl, limiters } =
  JSON.parse(process.argv[2]);

/** The machine's one monotonic clock, so that the times of all processes can be laid together. */
const machineMs = () => Number(process.hrtime.bigint()) / 1e6;

/** When the limiter last looked at its clock: the moment a request was let through, to the limiter. */
let lookedAtMs = 0;
const clock = { monotonicMs: () => (lookedAtMs = machineMs()), unixMs: () => Date.now() };

const logger = createLogger({ service: 'bench', level: 'silent' });
const feeds = await connectNats({ servers: natsUrl, name: `bench-${node}`, logger });
const metrics = createMetrics();
const limits = await createMeters({
  ...{ nodeId: `gw-${node}`, redisUrl, usage: feeds.usage, logger, metrics },
  clusterSize: () => nodes,
  clock,
});

/** The request path: ask, and while a lease is on its way wait for it, 25 ms in all. */
function escrow(mode, onOutage) {
  const rateLimits = [{ requests: limit, window }];
  const policy = { id: `pol_${mode}`, rateLimits, quota: null, mode, onOutage };
  return {
    ask(scope) {
      const key = `client:cl_${mode}_${scope.replace(/[^a-z0-9]/g, '_')}`;
      const first = limits.meters.take({ key, policy }, Date.now());
      if (first.kind !== 'pending') return admission(first);
      return settled(key, policy, first, performance.now() + 25);
    },
    calls: () => 0,
    stop: async () => {},
  };
}

async function settled(key, policy, pending, untilMs) {
  let verdict = pending;
  while (verdict.kind === 'pending' && performance.now() < untilMs) {
    let timer;
    const timeUp = new Promise((resolve) => {
      timer = setTimeout(resolve, Math.max(0, untilMs - performance.now()));
    });
    await Promise.race([verdict.ready, timeUp]);
    clearTimeout(timer);
    verdict = limits.meters.take({ key, policy }, Date.now());
  }
  return admission(verdict);
}

const admission = ({ kind }) => (kind === 'granted' ? lookedAtMs : undefined);

const LIMITERS = {
  'escrow, default': () => escrow('default', 'share'),
  'escrow, strict': () => escrow('strict', 'closed'),
  'static L/N': () => staticShare({ limit, nodes, windowMs }),
  'Redis per request': () => redisPerRequest({ redisUrl, limit, windowMs, node }),
};

const streams = limiters.flatMap((name) => {
  const limiter = LIMITERS[name]();
  return Object.keys(PATTERNS).map((pattern, at) => {
    const random = seeded(seed * 1_000 + node * 100 + at);
    const limitPerMs = limit / windowMs;
    const times = arrivals(pattern, { node, nodes, limitPerMs, random, forMs });
    const outcome = { offered: 0, admittedAtMs: [], askNs: [], waitsMs: [] };
    return { name, pattern, limiter, times, next: times.next(), outcome };
  });
});

function fire({ limiter, pattern, outcome }) {
  outcome.offered += 1;
  const startedNs = process.hrtime.bigint();
  const answer = limiter.ask(pattern, Number(startedNs) / 1e6);
  const endedNs = process.hrtime.bigint();
  if (!(answer instanceof Promise)) {
    outcome.askNs.push(Number(endedNs - startedNs));
    if (answer !== undefined) outcome.admittedAtMs.push(answer);
    return;
  }
  void answer.then((admittedAtMs) => {
    outcome.waitsMs.push(machineMs() - Number(startedNs) / 1e6);
    if (admittedAtMs !== undefined) outcome.admittedAtMs.push(admittedAtMs);
  });
}

process.on('message', ({ startMs }) => {
  const ticking = setInterval(() => {
    const elapsedMs = machineMs() - startMs;
    for (const stream of streams) {
      while (!stream.next.done && stream.next.value <= elapsedMs) {
        fire(stream);
        stream.next = stream.times.next();
      }
    }
    if (elapsedMs < forMs + 300) return;
    clearInterval(ticking);
    void finish();
  }, 1);
});
process.send('ready');

async function finish() {
  const total = async (name) =>
    (await metrics.registry.getSingleMetric(`portico_limit_authority_${name}_total`).get())
      .values[0]?.value ?? 0;
  const outcomes = streams.map(({ name, pattern, outcome }) => ({ name, pattern, ...outcome }));
  const peerCalls = streams
    .filter(({ name, pattern }) => name === 'Redis per request' && pattern === 'even 2×')
    .map(({ limiter }) => limiter.calls());
  const result = {
    outcomes,
    escrowCalls: await total('calls'),
    silences: await total('silences'),
    peerCalls: peerCalls[0] ?? 0,
  };
  await new Promise((sent) => process.send(result, sent));
  for (const { limiter } of streams) await limiter.stop();
  await limits.stop();
  await feeds.close();
  // Whoever started us ends us, once it has read the result.
  setInterval(() => {}, 60_000);
  process.disconnect();
}
