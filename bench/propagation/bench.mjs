// From the admin's request to "in force on all eight gateways", ten changes a second while partners
// call: as `Prefer: wait` says it, and as calls to every gateway find it.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { startControlPlane } from '../harness/control-plane.mjs';
import { startNats, startNode } from '../harness/portico-node.mjs';
import { startPostgres } from '../harness/postgres.mjs';
import {
  answers,
  cpuSeconds,
  ensure,
  freePort,
  start,
  stopAll,
  until,
} from '../harness/processes.mjs';
import { report } from '../harness/report.mjs';
import { upstreamConf } from '../peers/nginx.mjs';
import { CALLERS, changeOf, documentOf } from './estate.mjs';

const GATEWAYS = Number(process.env.BENCH_GATEWAYS ?? 8);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 500);
const CHANGES_PER_SECOND = Number(process.env.BENCH_CHANGES ?? 10);
const CALLS_PER_SECOND = Number(process.env.BENCH_CALLS ?? 200);
const WARM_UP_CHANGES = 30;
const CALM_SECONDS = Math.min(10, SECONDS);
/**
 * How often a gateway is asked whether it has the change: what "seen" may be late by. Every sixth of
 * the time so far where that is more: looking must not be what a busy machine is busy with.
 */
const LOOK_EVERY_MS = 5;
/** One change in so many is looked at from outside; looking at all would cost more than the changes. */
const LOOK_AT_ONE_IN = 4;
const lookAgainMs = (waitedMs) => Math.max(LOOK_EVERY_MS, waitedMs / 6);
const GIVE_UP_MS = 30_000;

const missing = ensure({ nginx: ['nginx'], 'nats-server': ['nats-server'] });
if (missing.length > 0) {
  console.error(`This bench needs ${missing.join(', ')}.`);
  process.exit(1);
}
const dir = mkdtempSync(join(tmpdir(), 'portico-bench-'));
const pause = (ms) => new Promise((later) => setTimeout(later, ms));

let postgres;
let partners;
let changed = 0;
try {
  await bench();
} finally {
  partners?.kill('SIGKILL');
  await stopAll();
  await postgres?.stop();
  rmSync(dir, { recursive: true, force: true });
}

async function bench() {
  postgres = await startPostgres(dir);
  const natsUrl = await startNats(dir);
  const upstreamPort = await freePort();
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`;
  start('nginx', ['-c', upstreamConf(dir, upstreamPort)]);
  await answers(upstreamUrl);
  const admin = await startControlPlane(dir, { natsUrl, databaseUrl: postgres.url });
  const document = documentOf({ clients: CLIENTS, upstreamUrl });
  await admin.call('POST', '/config/apply', { body: document });
  // One after the other: a free port is only free until somebody else asks for one.
  const nodes = [];
  for (let n = 0; n < GATEWAYS; n += 1) {
    nodes.push(await startNode(homeOf(n), { natsUrl, env: { NODE_ID: `gw-${n}` } }));
  }
  await until(async () => {
    const { body } = await admin.call('GET', '/gateways');
    if (body.data.length !== GATEWAYS) throw new Error(`${body.data.length} gateways are known`);
  });
  const eyes = nodes.map(({ url }) => new Pool(url, { connections: 64 }));
  partners = await startPartners(nodes, await callersOf(admin));

  await make(WARM_UP_CHANGES, { admin, eyes });
  partners.send('count');
  await pause(CALM_SECONDS * 1_000);
  const calm = await told('tell');
  partners.send('count');
  const pids = {
    'control plane': admin.pid,
    'one gateway': nodes[0].pid,
    PostgreSQL: postgres.pid,
  };
  const before = Object.values(pids).map(cpuSeconds);
  const changes = await make(SECONDS * CHANGES_PER_SECOND, { admin, eyes });
  const cpu = Object.entries(pids).map(([name, pid], at) => {
    const ms = ((cpuSeconds(pid) - before[at]) * 1_000) / changes.length;
    return `${name} ${ms.toFixed(1)} ms`;
  });
  const busy = await told('stop');
  await Promise.all(eyes.map((eye) => eye.close()));
  await admin.stop();
  tell({ changes, calm, busy, cpu });
}

/** A machine of its own, as far as files go. */
function homeOf(n) {
  const home = join(dir, `gateway-${n}`);
  mkdirSync(home);
  return home;
}

async function callersOf(admin) {
  const callers = [];
  for (let n = 0; n < CALLERS; n += 1) {
    const { body } = await admin.call('GET', `/profiles/pr_caller_${n}/auth-headers`);
    const authorization = body.headers.find(({ name }) => name === 'Authorization').value;
    callers.push({ client: `cl_caller_${n}`, profile: `pr_caller_${n}`, authorization });
  }
  return callers;
}

async function startPartners(nodes, callers) {
  const script = fileURLToPath(new URL('partners.mjs', import.meta.url));
  const urls = nodes.map(({ url }) => url);
  const child = fork(script, [JSON.stringify({ urls, callers, perSecond: CALLS_PER_SECOND })]);
  await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error('the partners ended early')));
  });
  return child;
}

function told(question) {
  const answer = new Promise((resolve) => partners.once('message', resolve));
  partners.send(question);
  return answer;
}

/** So many changes on schedule, one behind the other whether or not the one before is in force. */
async function make(count, { admin, eyes }) {
  const startedAt = performance.now();
  const under = [];
  for (let n = 0; n < count; n += 1) {
    const restMs = startedAt + (n * 1_000) / CHANGES_PER_SECOND - performance.now();
    if (restMs > 0) await pause(restMs);
    under.push(one(changeOf(changed), { admin, eyes: changed % LOOK_AT_ONE_IN === 0 ? eyes : [] }));
    changed += 1;
  }
  return Promise.all(under);
}

async function one(change, { admin, eyes }) {
  const startedAt = performance.now();
  let answeredAt = Infinity;
  const asked = admin
    .call('PATCH', change.path, { body: change.body, headers: { prefer: 'wait=10' } })
    .then(({ headers }) => {
      answeredAt = performance.now();
      return headers['x-config-propagation'] ?? '';
    });
  const [propagation, ...sights] = await Promise.all([
    asked,
    ...eyes.map((eye) => watch(eye, change, () => answeredAt)),
  ]);
  const seenMs = sights.map(({ atMs }) => atMs - startedAt).toSorted((a, b) => a - b);
  return {
    kind: change.kind,
    answeredMs: answeredAt - startedAt,
    // Published and applied, without the transaction that went before.
    spreadMs: Number(/ms=(\d+)/.exec(propagation)?.[1]),
    isComplete: propagation.startsWith(`nodes=${GATEWAYS}/${GATEWAYS};`),
    allSeenMs: seenMs.at(-1),
    failedLooks: sights.reduce((sum, { failed }) => sum + failed, 0),
    isTooEarly: sights.some(({ wasOldAfterAnswer }) => wasOldAfterAnswer),
  };
}

/** Asks one gateway until it does what the change says. */
async function watch(eye, { call, becomes }, answeredAt) {
  const headers = { 'x-client-id': call.client, 'x-profile-id': call.profile };
  const beganAt = performance.now();
  let wasOldAfterAnswer = false;
  let failed = 0;
  while (performance.now() < beganAt + GIVE_UP_MS) {
    const sentAt = performance.now();
    const status = await look(eye, { path: call.path, headers });
    const atMs = performance.now();
    if (status === becomes) return { atMs, wasOldAfterAnswer, failed };
    if (status === undefined) failed += 1;
    else if (sentAt > answeredAt()) wasOldAfterAnswer = true;
    await pause(lookAgainMs(atMs - beganAt));
  }
  throw new Error(`a gateway did not answer ${becomes} to ${call.path} within ${GIVE_UP_MS} ms`);
}

/** The status; undefined when there was none. */
async function look(eye, { path, headers }) {
  try {
    const { statusCode, body } = await eye.request({ method: 'GET', path, headers });
    await body.dump();
    return statusCode;
  } catch {
    return undefined;
  }
}

function tell({ changes, calm, busy, cpu }) {
  const kinds = [...new Set(changes.map(({ kind }) => kind))];
  const rows = [
    rowOf('every change', changes),
    ...kinds.map((kind) =>
      rowOf(
        kind,
        changes.filter((one) => one.kind === kind),
      ),
    ),
    callsRow('partner calls, nothing changing', calm),
    callsRow('partner calls meanwhile', busy),
  ];
  const [load] = loadavg();
  report('propagation', {
    method: `control plane, PostgreSQL, NATS and ${GATEWAYS} gateways, each a process, all on this machine's cores with the load; ${CLIENTS} partners; ${CHANGES_PER_SECOND} changes/s for ${SECONDS} s, each from the admin's request on; ${CALLS_PER_SECOND} partner calls/s, open loop; target: p99 ≤ 100 ms, 0 failed calls`,
    rows,
    notes: [
      `answered = the answer to a request with Prefer: wait; seen (of one change in ${LOOK_AT_ONE_IN}) = the last gateway answers a call as the change says, asked every ${LOOK_EVERY_MS} ms (after 30 ms every sixth of the time so far), so late by up to that and a call's own time.`,
      'answered too early = some gateway still did the old thing to a call sent after the answer; must be 0.',
      `CPU per change: ${cpu.join(', ')} (partner calls and looking included).`,
      `the machine's load average was ${load.toFixed(1)} at the end: what is not this bench's own is somebody else's work on the same cores.`,
      ...Object.entries(busy.failures).map(
        ([what, count]) => `failed partner calls: ${count} × ${what}`,
      ),
    ],
  });
}

function rowOf(what, changes) {
  const of = (field) =>
    changes
      .map((one) => one[field])
      .filter((value) => value !== undefined)
      .toSorted((a, b) => a - b);
  const at = (field, share) => {
    const values = of(field);
    return values[Math.min(values.length - 1, Math.floor(values.length * share))];
  };
  return {
    what,
    count: changes.length,
    'answered p50 ms': at('answeredMs', 0.5),
    'answered p99 ms': at('answeredMs', 0.99),
    'answered max ms': at('answeredMs', 1),
    'after commit p50 ms': at('spreadMs', 0.5),
    'after commit p99 ms': at('spreadMs', 0.99),
    'looked at': of('allSeenMs').length,
    'seen on all p50 ms': at('allSeenMs', 0.5),
    'seen on all p99 ms': at('allSeenMs', 0.99),
    'seen on all max ms': at('allSeenMs', 1),
    [`not ${GATEWAYS}/${GATEWAYS}`]: changes.filter((one) => !one.isComplete).length,
    'failed calls': changes.reduce((sum, { failedLooks }) => sum + failedLooks, 0),
    'answered too early': changes.filter((one) => one.isTooEarly).length,
  };
}

function callsRow(what, { calls, failed, p50, p99 }) {
  return { what, count: calls, 'call p50 ms': p50, 'call p99 ms': p99, 'failed calls': failed };
}
