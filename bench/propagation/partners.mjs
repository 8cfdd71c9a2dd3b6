// Partners that call all the time, open loop, spread over all gateways: requests leave on schedule
// whether or not earlier ones were answered. Told when to begin counting and when to stop.
//   node partners.mjs <JSON: urls, callers, perSecond>  (with an IPC channel)
import { Pool } from 'undici';

const { urls, callers, perSecond } = JSON.parse(process.argv[2]);
const pools = urls.map((url) => new Pool(url, { connections: 32 }));
let counts = newCounts();
let open = 0;
let isStopped = false;
let sent = 0;
const startedAt = performance.now();

const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
  while (sent < due && !isStopped) send(sent++);
}, 1);

process.on('message', async (message) => {
  if (message === 'count') counts = newCounts();
  if (message === 'tell') process.send(summaryOf(counts));
  if (message !== 'stop') return;
  isStopped = true;
  clearInterval(timer);
  while (open > 0) await new Promise((later) => setTimeout(later, 10));
  process.send(summaryOf(counts));
  process.disconnect();
  await Promise.all(pools.map((pool) => pool.close()));
});
process.send('ready');

function newCounts() {
  return { latencies: [], failures: {} };
}

function send(number) {
  const into = counts;
  // The first one leaves when the first interval is over.
  const dueAt = startedAt + ((number + 1) / perSecond) * 1000;
  const { client, profile, authorization } = callers[number % callers.length];
  const headers = { 'x-client-id': client, 'x-profile-id': profile, authorization };
  open += 1;
  const ended = (failure) => {
    open -= 1;
    if (failure === undefined) into.latencies.push(performance.now() - dueAt);
    else into.failures[failure] = (into.failures[failure] ?? 0) + 1;
  };
  pools[number % pools.length]
    .request({ method: 'GET', path: `/bench/orders/ord_${number}?limit=20`, headers })
    .then(async ({ statusCode, body }) => {
      await body.dump();
      ended(statusCode === 200 ? undefined : `status ${statusCode}`);
    })
    .catch((error) => ended(error.code ?? error.message));
}

function summaryOf({ latencies, failures }) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  return { calls: sorted.length + failed, failed, failures, p50: at(0.5), p99: at(0.99) };
}
