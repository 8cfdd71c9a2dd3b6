// What a record costs where it is made, and how many a second one log-ingest process stores. The
// gateway's own outbox fills a real stream; then a fresh log-ingest process empties it into PostgreSQL.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { startLogIngest, startPostgres } from '../harness/postgres.mjs';
import { startNats } from '../harness/portico-node.mjs';
import { cpuSeconds, ensure, find, freePort, stopAll, until } from '../harness/processes.mjs';
import { median, report } from '../harness/report.mjs';

const run = promisify(execFile);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const ROWS = Number(process.env.BENCH_ROWS ?? 200_000);
/** Of a round, until the new process has compiled itself. */
const UNCOUNTED = 0.2;
const INGEST_CORE = 0;
const OTHERS_CORE = 1;
const gatewaySide = fileURLToPath(new URL('gateway-side.mjs', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'portico-bench-'));

const missing = ensure({ 'nats-server': ['nats-server'] });
if (missing.length > 0) {
  console.error(`This bench needs ${missing.join(', ')}.`);
  process.exit(1);
}

let postgres;
try {
  await bench();
} finally {
  await stopAll();
  await postgres?.stop();
  rmSync(dir, { recursive: true, force: true });
}

async function bench() {
  postgres = await startPostgres(dir, { core: OTHERS_CORE });
  const monitorPort = await freePort();
  const natsUrl = await startNats(dir, OTHERS_CORE, monitorPort);
  const nats = `http://127.0.0.1:${monitorPort}`;
  await until(async () => (await fetch(`${nats}/healthz`)).text());
  const rows = [];
  for (const logBodies of ['all', 'none']) {
    const samples = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      samples.push(await measure({ natsUrl, nats, logBodies, seed: round + 1 }));
    }
    rows.push(rowOf(logBodies, samples));
  }
  report('records', {
    method: `${ROUNDS} rounds of ${ROWS} records each; the best round of each figure (its least CPU, its most rows), as this machine may be doing other things. Gateway side: a process that does nothing else, on core ${INGEST_CORE}, its thread's CPU time per record. Ingest: one process on core ${INGEST_CORE}, PostgreSQL with the product's settings and NATS on core ${OTHERS_CORE}; from a full stream, the first ${UNCOUNTED * 100} % not counted.`,
    rows,
    notes: [
      'loop µs = CPU of the event loop per record: to build it, then to pack it too, then to publish it and hear that it is stored; targets ≤ 6 µs, and ≥ 20,000 rows/s.',
      'rows/ingest CPU s = what one process stores when the database side is not what runs out.',
      'every round ends with a count: each record stored once, none missing.',
    ],
  });
}

async function measure({ natsUrl, nats, logBodies, seed }) {
  const made = await publish({ natsUrl, logBodies, seed, records: ROWS });
  const bytes = await streamBytes(nats);
  const before = await stored();
  const ingest = await startLogIngest(dir, {
    natsUrl,
    databaseUrl: postgres.url,
    core: INGEST_CORE,
  });
  const speed = await drained(ingest);
  await ingest.stop();
  const after = await stored();
  if (after.rows - before.rows !== ROWS || after.distinct !== after.rows) {
    throw new Error(`${ROWS} records became ${after.rows - before.rows} rows`);
  }
  return { ...made, ...speed, bytes: bytes / ROWS };
}

async function publish(options) {
  const args = ['--v8-pool-size=1', gatewaySide, JSON.stringify(options)];
  const { stdout } = find('taskset')
    ? await run('taskset', ['-c', `${INGEST_CORE}`, process.execPath, ...args])
    : await run(process.execPath, args);
  return JSON.parse(stdout);
}

async function streamBytes(nats) {
  const response = await fetch(`${nats}/jsz`);
  return (await response.json()).bytes;
}

/** Between a fifth of the records and all of them. */
async function drained(ingest) {
  const count = async () => {
    const text = await (await fetch(`${ingest.url}/metrics`)).text();
    return Number(text.match(/^portico_log_ingest_records_total(?:\{[^}]*\})? (\d+)/m)?.[1] ?? 0);
  };
  const look = async () => ({
    rows: await count(),
    atMs: performance.now(),
    ingestSeconds: cpuSeconds(ingest.pid),
    postgresSeconds: cpuSeconds(postgres.pid),
  });
  const reached = (least) =>
    until(async () => {
      const seen = await look();
      if (seen.rows < least) throw new Error(`${seen.rows} of ${ROWS} are stored`);
      return seen;
    }, 120_000);
  const first = await reached(ROWS * UNCOUNTED);
  const last = await reached(ROWS);
  const rows = last.rows - first.rows;
  return {
    perSecond: rows / ((last.atMs - first.atMs) / 1000),
    ingestMicros: ((last.ingestSeconds - first.ingestSeconds) * 1e6) / rows,
    postgresMicros: ((last.postgresSeconds - first.postgresSeconds) * 1e6) / rows,
  };
}

async function stored() {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query(`SELECT to_regclass('logs.records') IS NOT NULL AS exists`);
  const counts = rows[0].exists
    ? await client.query(
        'SELECT count(*) AS rows, count(DISTINCT (node, sequence)) AS distinct FROM logs.records',
      )
    : { rows: [{ rows: 0, distinct: 0 }] };
  await client.end();
  return { rows: Number(counts.rows[0].rows), distinct: Number(counts.rows[0].distinct) };
}

function rowOf(logBodies, samples) {
  const least = (of) => Math.min(...samples.map(of));
  const ingestMicros = least((one) => one.ingestMicros);
  return {
    bodies: logBodies === 'all' ? 'all (default)' : logBodies,
    'bytes/record in NATS': median(samples.map((one) => one.bytes)),
    'build loop µs': least((one) => one.build.loop),
    '+ pack loop µs': least((one) => one.packed.loop),
    '+ publish loop µs': least((one) => one.published.loop),
    'all threads µs': least((one) => one.published.process),
    'rows/s': Math.max(...samples.map((one) => one.perSecond)),
    'median rows/s': median(samples.map((one) => one.perSecond)),
    'ingest CPU µs/row': ingestMicros,
    'rows/ingest CPU s': 1e6 / ingestMicros,
    'PostgreSQL CPU µs/row': least((one) => one.postgresMicros),
  };
}
