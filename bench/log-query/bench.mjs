// How long a question to the log takes with ten million records in it: 1,000 partners (the n-th
// busiest calls 1/n as often as the first), 90 days, PostgreSQL with the settings the product gives it.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startLogIngest, startPostgres } from '../harness/postgres.mjs';
import { startNats } from '../harness/portico-node.mjs';
import { ensure, stopAll } from '../harness/processes.mjs';
import { report } from '../harness/report.mjs';
import { fill } from './fill.mjs';
import { questionsOf } from './questions.mjs';

const ROWS = Number(process.env.BENCH_ROWS ?? 10_000_000);
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 1_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const DAYS = 90;
/** On disk, with indexes, and what making them takes meanwhile. */
const BYTES_PER_ROW = 2_500;
const WARM_UP = 20;
/** What log-ingest answers when a query outlives its time. */
const TOO_SLOW = 503;
/** No question is asked again and again that takes this long. */
const PATIENCE_MS = 20_000;
/** While filling; the questions are asked of a server with the product's settings. */
const FILLING = {
  ...{ fsync: 'off', wal_level: 'minimal', max_wal_senders: '0', autovacuum: 'off' },
  ...{ max_wal_size: '8GB', checkpoint_timeout: '1h' },
};

const missing = ensure({ 'nats-server': ['nats-server'] });
if (missing.length > 0) {
  console.error(`This bench needs ${missing.join(', ')}.`);
  process.exit(1);
}
const { bavail, bsize } = statfsSync(tmpdir());
if (bavail * bsize < ROWS * BYTES_PER_ROW) {
  const [needed, free] = [ROWS * BYTES_PER_ROW, bavail * bsize].map((it) => (it / 1e9).toFixed(1));
  console.error(`${ROWS} records need ${needed} GB in ${tmpdir()}; ${free} GB are free.`);
  process.exit(1);
}

const dir = mkdtempSync(join(tmpdir(), 'portico-bench-'));
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let postgres;
try {
  await bench();
} finally {
  agent.destroy();
  await stopAll();
  await postgres?.stop();
  rmSync(dir, { recursive: true, force: true });
}

async function bench() {
  const world = { clients: CLIENTS, days: DAYS, untilMs: Date.now() };
  postgres = await startPostgres(dir, { settings: FILLING });
  const filled = await fill(postgres.url, { rows: ROWS, ...world });
  await postgres.stop();
  postgres = await startPostgres(dir);
  const samples = await samplesOf(postgres.url);
  const natsUrl = await startNats(dir);
  const log = await startLogIngest(dir, { natsUrl, databaseUrl: postgres.url });
  const rows = [];
  for (const question of questionsOf({ ...world, samples })) rows.push(await ask(log, question));
  report('log-query', {
    method: `${filled.records} records of ${CLIENTS} partners over ${DAYS} days, ${(filled.bytes / 1e9).toFixed(1)} GB with indexes, made in ${Math.round(filled.seconds)} s; asked over log-ingest's query API on one connection, one question after the other, after ${WARM_UP} that are not counted; ${ROUNDS} rounds, the best of each figure, as this machine may be doing other things`,
    rows,
    notes: [
      'gave up = answered 503 after the 15 s that a query may take.',
      'a partner = drawn as calls are, so the busiest is 13 % of the questions.',
      'the files fit the page cache here: a server with less memory reads from its disk what was asked for the first time.',
    ],
  });
}

async function samplesOf(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // Some 15,000 records, of which 2 % have ids that their callers chose.
  const percent = Math.min(100, 1_500_000 / ROWS);
  const ids = async (where) => {
    const { rows } = await client.query(
      `SELECT request_id FROM logs.records TABLESAMPLE SYSTEM (${percent}) REPEATABLE (1) WHERE ${where}
       LIMIT 500`,
    );
    return rows.map((row) => row.request_id);
  };
  const samples = { own: await ids('is_timed'), foreign: await ids('NOT is_timed') };
  await client.end();
  return samples;
}

async function ask(log, { name, url, times, target, status = 200, pages }) {
  const rounds = [];
  const startedAt = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    const answers =
      pages === undefined
        ? await askOften(log, { url, times, status })
        : await turnPages(log, url(), pages);
    rounds.push(answers.toSorted((a, b) => a.ms - b.ms));
    if (performance.now() - startedAt > PATIENCE_MS) break;
  }
  const best = (share) =>
    Math.min(
      ...rounds.map((one) => one[Math.min(one.length - 1, Math.floor(one.length * share))].ms),
    );
  const slow = rounds.flat().filter((one) => one.status === TOO_SLOW).length;
  console.log(`${name}: ${best(0.5).toFixed(1)} / ${best(0.99).toFixed(1)} ms`);
  return {
    question: name,
    'p50 ms': best(0.5),
    'p99 ms': best(0.99),
    'max ms': best(1),
    'target ms': target,
    asked: rounds.flat().length,
    'gave up': slow,
  };
}

async function askOften(log, { url, times, status }) {
  const answers = [];
  const startedAt = performance.now();
  for (let at = 0; at < Math.min(WARM_UP, times); at += 1) {
    await timed(log, url(), status);
    if (performance.now() - startedAt > PATIENCE_MS / 4) break;
  }
  for (let at = 0; at < times; at += 1) {
    answers.push(await timed(log, url(), status));
    if (performance.now() - startedAt > PATIENCE_MS) break;
  }
  return answers;
}

async function turnPages(log, url, pages) {
  const answers = [];
  let { body } = await timed(log, url, 200);
  while (answers.length < pages - 1 && body.next_cursor !== null) {
    const next = await timed(log, `${url}&cursor=${encodeURIComponent(body.next_cursor)}`, 200);
    answers.push(next);
    ({ body } = next);
  }
  return answers;
}

function timed(log, path, expected) {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const sent = get(`${log.url}${path}`, { agent, headers: log.headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const ms = performance.now() - startedAt;
        const text = Buffer.concat(chunks).toString();
        const { statusCode: status } = response;
        if ([expected, TOO_SLOW].includes(status)) resolve({ ms, status, body: JSON.parse(text) });
        else reject(new Error(`${path} answers ${status}: ${text}\n${log.output()}`));
      });
    });
    sent.once('error', reject);
  });
}
