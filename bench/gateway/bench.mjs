// How much of a bare proxy's throughput is left once every call is identified, authorised, limited,
// checked and recorded. Everything in one run, in turns, so that a drifting machine hurts all alike.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { watchCore } from '../harness/cores.mjs';
import { makeEstate } from '../harness/estate.mjs';
import { identityOf, publishTo, startNats, startNode } from '../harness/portico-node.mjs';
import {
  answers,
  cpuSeconds,
  ensure,
  find,
  freePort,
  start,
  stopAll,
} from '../harness/processes.mjs';
import { median, report } from '../harness/report.mjs';
import { wrk, writeScript } from '../harness/wrk.mjs';
import { caddyConf, hasLua, luaConf, proxyConf, upstreamConf } from '../peers/nginx.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 8);
const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 64);
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 10_000);
const PROXY_CORE = 0;
const LOAD_CORE = 1;

const dir = mkdtempSync(join(tmpdir(), 'portico-bench-'));

const missing = ensure({
  wrk: ['wrk'],
  nginx: ['nginx', 'libnginx-mod-http-lua'],
  caddy: ['caddy'],
  'nats-server': ['nats-server'],
  taskset: ['util-linux'],
});
if (missing.includes('wrk') || missing.includes('nginx') || missing.includes('nats-server')) {
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
  start('nginx', ['-c', upstreamConf(dir, upstreamPort)], { core: LOAD_CORE });
  await answers(`http://127.0.0.1:${upstreamPort}/`);
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`;
  const estate = makeEstate({ clients: CLIENTS, upstreamUrl });
  const script = writeScript(dir, estate.callers, estate.path);
  const contenders = await startAll(estate, upstreamUrl, upstreamPort);

  const samples = new Map(contenders.map(({ name }) => [name, []]));
  for (const { url } of contenders) await wrk(url, load(script, 2));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, url, pid } of contenders) {
      samples.get(name).push(await sample(url, pid, script));
    }
  }
  report('gateway', {
    method: `${ROUNDS} rounds of ${SECONDS} s each in turn, ${CONNECTIONS} connections, ${CLIENTS} clients; proxy on core ${PROXY_CORE}, wrk, the nginx upstream and NATS on core ${LOAD_CORE}; medians.
requests/s is what wrk saw: where the load core is the busier one, it is the load that ran out, not the proxy. requests/CPU s divides by
the CPU time the proxy's process used, all threads and the kernel's work for it included: what one core carries once the load side is elsewhere.`,
    rows: rowsOf(contenders, samples),
    notes: missing.map((tool) => `${tool} is not installed: its row is missing`),
  });
}

async function sample(url, pid, script) {
  const [proxyCore, loadCore] = [watchCore(PROXY_CORE), watchCore(LOAD_CORE)];
  const before = cpuSeconds(pid);
  const result = await wrk(url, load(script, SECONDS));
  const cpu = before === undefined ? undefined : cpuSeconds(pid) - before;
  return {
    ...result,
    cpuMicros: cpu && (cpu * 1e6) / result.requests,
    proxyBusy: proxyCore(),
    loadBusy: loadCore(),
  };
}

function load(script, seconds) {
  return { script, seconds, connections: CONNECTIONS, core: LOAD_CORE };
}

async function startAll(estate, upstreamUrl, upstreamPort) {
  const ports = await Promise.all(Array.from({ length: 4 }, freePort));
  const portico = await startPortico(estate);
  const peers = [
    ['bare node:http + undici', process.execPath, bareArgs(ports[0], upstreamUrl), ports[0]],
    ['nginx proxy_pass', 'nginx', ['-c', proxyConf(dir, ports[1], upstreamPort)], ports[1]],
  ];
  if (hasLua()) {
    const conf = luaConf(dir, ports[2], upstreamPort, join(dir, 'callers.tsv'));
    peers.push(['nginx + Lua, same checks', 'nginx', ['-c', conf], ports[2]]);
  }
  if (find('caddy')) {
    const conf = caddyConf(dir, ports[3], upstreamPort);
    peers.push(['caddy', 'caddy', ['run', '--adapter', 'caddyfile', '--config', conf], ports[3]]);
  }
  const contenders = [portico];
  for (const [name, command, args, port] of peers) {
    const env = { GOMAXPROCS: '1', HOME: dir };
    const { pid } = start(command, args, { core: PROXY_CORE, env });
    contenders.push({ name, pid, url: `http://127.0.0.1:${port}` });
    await answers(`http://127.0.0.1:${port}${estate.path}`, identityOf(estate.callers[0]));
  }
  return contenders;
}

async function startPortico(estate) {
  const natsUrl = await startNats(dir, LOAD_CORE);
  const published = await publishTo(natsUrl, estate);
  // Nobody consumes the records here; the stream takes them, as it would in front of log-ingest.
  await published.close();
  const node = await startNode(dir, { natsUrl, core: PROXY_CORE });
  await answers(`${node.url}${estate.path}`, identityOf(estate.callers[0]));
  return { name: 'Portico gateway', pid: node.pid, url: node.url };
}

function bareArgs(port, upstreamUrl) {
  return [
    fileURLToPath(new URL('../peers/bare-proxy.mjs', import.meta.url)),
    `${port}`,
    upstreamUrl,
  ];
}

function rowsOf(contenders, samples) {
  const of = (name, field) => median(samples.get(name).map((sample) => sample[field]));
  const bare = of('bare node:http + undici', 'perSecond');
  const lua = samples.has('nginx + Lua, same checks')
    ? of('nginx + Lua, same checks', 'perSecond')
    : undefined;
  const bareMicros = of('bare node:http + undici', 'cpuMicros');
  return contenders.map(({ name }) => ({
    proxy: name,
    'requests/s': of(name, 'perSecond'),
    '× bare': of(name, 'perSecond') / bare,
    '× nginx+Lua': lua && of(name, 'perSecond') / lua,
    'requests/CPU s': of(name, 'cpuMicros') && 1e6 / of(name, 'cpuMicros'),
    '× bare per CPU s': bareMicros && bareMicros / of(name, 'cpuMicros'),
    'CPU µs/request': of(name, 'cpuMicros'),
    'proxy core busy': of(name, 'proxyBusy'),
    'load core busy': of(name, 'loadBusy'),
    'p50 ms': of(name, 'p50Ms'),
    'p99 ms': of(name, 'p99Ms'),
    'not 2xx': samples.get(name).reduce((sum, one) => sum + one.errors + one.broken, 0),
  }));
}
