// Open-loop load: requests leave on schedule whether or not earlier ones were answered, and latency
// counts from the time a request was due, so a stall is not hidden by the requests it delayed. The
// first two seconds, in which this process connects and compiles itself, are sent but not counted.
//   node steady.mjs <url> <path> <callers.tsv | -> <requests per second> <seconds>
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';

const [, , url, path, callersFile, rateText, secondsText] = process.argv;
const rate = Number(rateText);
const WARM_UP_SECONDS = 2;
const uncounted = Math.floor(rate * WARM_UP_SECONDS);
const total = uncounted + Math.floor(rate * Number(secondsText));
const callers = callersFile === '-' ? [] : readFileSync(callersFile, 'utf8').split('\n');
const headers = callers.map((line) => {
  const [client, profile, token] = line.split('\t');
  return { 'x-client-id': client, 'x-profile-id': profile, authorization: `Bearer ${token}` };
});
const pool = new Pool(url, { connections: 128, pipelining: 1 });
const latencies = new Float64Array(total - uncounted);
let sent = 0;
let done = 0;
let failed = 0;
const startedAt = performance.now();

const timer = setInterval(() => {
  const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * rate));
  while (sent < due) send(sent++);
  if (sent === total) clearInterval(timer);
}, 1);

function send(index) {
  const dueAt = startedAt + (index / rate) * 1000;
  pool.dispatch(
    { method: 'GET', path, headers: headers[index % headers.length] ?? {} },
    {
      onRequestStart() {},
      onResponseStart(_controller, status) {
        if (status !== 200) failed += 1;
      },
      onResponseData() {},
      onResponseEnd: () => finish(index, dueAt),
      onResponseError: () => {
        failed += 1;
        finish(index, dueAt);
      },
    },
  );
}

function finish(index, dueAt) {
  if (index >= uncounted) latencies[index - uncounted] = performance.now() - dueAt;
  done += 1;
  if (done === total) report();
}

function report() {
  const sorted = latencies.toSorted();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    JSON.stringify({ p50: at(0.5), p99: at(0.99), max: at(1), failed, perSecond: total / seconds }),
  );
  void pool.close();
}
