// What 100 times more partners cost: throughput, cold start, memory, and the longest stall while
// revisions apply.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeEstate } from '../harness/estate.mjs';
import { identityOf, metric, publishTo, startNats, startNode } from '../harness/portico-node.mjs';
import {
  answers,
  cpuSeconds,
  ensure,
  freePort,
  residentBytes,
  start,
  stopAll,
} from '../harness/processes.mjs';
import { median, report } from '../harness/report.mjs';
import { wrk, writeScript } from '../harness/wrk.mjs';
import { upstreamConf } from '../peers/nginx.mjs';

const SIZES = (process.env.BENCH_SIZES ?? '1000,10000,100000').split(',').map(Number);
const ENDPOINTS = Number(process.env.BENCH_ENDPOINTS ?? 5_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 6);
const REVISIONS = 50;
/** The node's loop is sampled this often, and each sample counts from the one before. */
const SAMPLED_EVERY_MS = 10;

const missing = ensure({ wrk: ['wrk'], nginx: ['nginx'], 'nats-server': ['nats-server'] });
if (missing.length > 0) {
  console.error(`This bench needs ${missing.join(', ')}.`);
  process.exit(1);
}
const dir = mkdtempSync(join(tmpdir(), 'portico-bench-'));

try {
  await bench();
} finally {
  await stopAll();
  rmSync(dir, { recursive: true, force: true });
}

async function bench() {
  const upstreamPort = await freePort();
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`;
  start('nginx', ['-c', upstreamConf(dir, upstreamPort)], { core: 1 });
  await answers(upstreamUrl);
  const nodes = [];
  for (const clients of SIZES) nodes.push(await startAt(clients, upstreamUrl));
  // In turns, so that a machine whose speed drifts treats every size alike.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { node, script, perSecond } of nodes) {
      const result = await wrk(node.url, { script, seconds: SECONDS, connections: 64, core: 1 });
      perSecond.push(result.perSecond);
    }
  }
  const base = median(nodes[0].perSecond);
  const rows = [];
  for (const one of nodes) {
    rows.push({
      clients: one.clients,
      'requests/s': median(one.perSecond),
      [`× at ${SIZES[0]}`]: median(one.perSecond) / base,
      'cold start s': one.node.readyMs / 1000,
      'of it CPU s': one.startCpuSeconds,
      'RSS MB': one.residentBytes / 1e6,
      'longest stall ms': await longestStall(one),
    });
  }
  report('config-scale', {
    method: `2 profiles per client, ${ENDPOINTS} endpoints; ${ROUNDS} rounds of ${SECONDS} s in turn; stall = longest event-loop delay the node saw while ${REVISIONS} revisions applied, less the ${SAMPLED_EVERY_MS} ms between two looks; CPU s of the start are of all its threads`,
    rows,
  });
}

async function startAt(clients, upstreamUrl) {
  const home = mkdtempSync(join(dir, `${clients}-`));
  const estate = makeEstate({ clients, endpoints: ENDPOINTS, upstreamUrl });
  const natsUrl = await startNats(home, 1);
  const published = await publishTo(natsUrl, estate);
  const node = await startNode(home, { natsUrl, core: 0 });
  const startCpuSeconds = cpuSeconds(node.pid);
  await answers(`${node.url}${estate.path}`, identityOf(estate.callers[0]));
  const script = writeScript(home, estate.callers.slice(0, 10_000), estate.path);
  await wrk(node.url, { script, seconds: 2, connections: 64, core: 1 });
  return {
    clients,
    node,
    script,
    estate,
    published,
    startCpuSeconds,
    perSecond: [],
    residentBytes: residentBytes(node.pid),
  };
}

async function longestStall({ node, estate, published }) {
  // The maximum covers the time since the last scrape: this one forgets the past.
  await metric(node, 'nodejs_eventloop_lag_max_seconds');
  const key = [...estate.values.keys()].at(-1);
  for (let index = 0; index < REVISIONS; index += 1) {
    const value = { ...estate.values.get(key), name: `Renamed ${index}` };
    await published.publish(new Map([[key, value]]));
  }
  const seconds = await metric(node, 'nodejs_eventloop_lag_max_seconds');
  await published.close();
  return seconds === undefined ? undefined : Math.max(0, seconds * 1000 - SAMPLED_EVERY_MS);
}
