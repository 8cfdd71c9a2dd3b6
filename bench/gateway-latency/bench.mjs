// What the gateway adds to a direct call at 30, 60 and 90 % of what it can carry, with bodies captured
// and ten configuration changes a second coming in.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { watchCore } from '../harness/cores.mjs';
import { makeEstate } from '../harness/estate.mjs';
import { identityOf, publishTo, startNats, startNode } from '../harness/portico-node.mjs';
import { answers, ensure, find, freePort, start, stopAll } from '../harness/processes.mjs';
import { median, report } from '../harness/report.mjs';
import { wrk, writeScript } from '../harness/wrk.mjs';
import { upstreamConf } from '../peers/nginx.mjs';

const run = promisify(execFile);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 8);
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 10_000);
const CHANGES_PER_SECOND = 10;
const LEVELS = [0.3, 0.6, 0.9];
const steady = fileURLToPath(new URL('../harness/steady.mjs', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'portico-bench-'));

const missing = ensure({ wrk: ['wrk'], nginx: ['nginx'], 'nats-server': ['nats-server'] });
if (missing.length > 0) {
  console.error(`This bench needs ${missing.join(', ')}.`);
  process.exit(1);
}

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
  const estate = makeEstate({ clients: CLIENTS, upstreamUrl, logBodies: 'all' });
  const natsUrl = await startNats(dir, 1);
  const published = await publishTo(natsUrl, estate);
  const node = await startNode(dir, { natsUrl, core: 0 });
  await answers(`${node.url}${estate.path}`, identityOf(estate.callers[0]));

  const script = writeScript(dir, estate.callers, estate.path);
  const load = { script, connections: 64, core: 1 };
  await wrk(node.url, { ...load, seconds: 3 });
  const { perSecond } = await wrk(node.url, { ...load, seconds: SECONDS });

  const changes = keepChanging(published, estate);
  const rows = [];
  for (const level of LEVELS)
    rows.push(await measure({ node, upstreamUrl, estate, level, perSecond }));
  const applied = await changes.stop();
  await published.close();
  report('gateway-latency', {
    method: `${ROUNDS} rounds of ${SECONDS} s, direct and through the gateway in turn, open loop; bodies captured, ${applied} configuration changes at ${CHANGES_PER_SECOND}/s meanwhile; 100 % = ${Math.round(perSecond)} requests/s (wrk, 64 connections)`,
    rows,
    notes: [
      'Where the load core has no idle time left, the figures are of the load generator as much as of the gateway.',
    ],
  });
}

async function measure({ node, upstreamUrl, estate, level, perSecond }) {
  const rate = Math.round(perSecond * level);
  const samples = { direct: [], through: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    samples.direct.push(await send(upstreamUrl, estate.path, '-', rate));
    samples.through.push(await send(node.url, estate.path, join(dir, 'callers.tsv'), rate));
  }
  const of = (side, field) => median(samples[side].map((sample) => sample[field]));
  return {
    load: `${level * 100} %`,
    'requests/s': rate,
    'direct p50 ms': of('direct', 'p50'),
    'direct p99 ms': of('direct', 'p99'),
    'added p50 ms': of('through', 'p50') - of('direct', 'p50'),
    'added p99 ms': of('through', 'p99') - of('direct', 'p99'),
    'load core busy': of('through', 'loadBusy'),
    failed: samples.through.reduce((sum, one) => sum + one.failed, 0),
  };
}

async function send(url, path, callers, rate) {
  const args = [steady, url, path, callers, `${rate}`, `${SECONDS}`];
  const loadCore = watchCore(1);
  const { stdout } = find('taskset')
    ? await run('taskset', ['-c', '1', process.execPath, ...args])
    : await run(process.execPath, args);
  return { ...JSON.parse(stdout), loadBusy: loadCore() };
}

/** Renames one client after another: a real revision each, with nothing taken from anybody. */
function keepChanging(published, estate) {
  const keys = [...estate.values.keys()].filter((key) => key.startsWith('client.'));
  let count = 0;
  let last = Promise.resolve();
  const timer = setInterval(() => {
    const key = keys[count % keys.length];
    const value = { ...estate.values.get(key), name: `Renamed ${count}` };
    count += 1;
    last = last.then(() => published.publish(new Map([[key, value]])));
  }, 1000 / CHANGES_PER_SECOND);
  return {
    stop: async () => {
      clearInterval(timer);
      await last;
      return count;
    },
  };
}
