// Finished calls, as the gateway holds them when it writes its record: 1,000 partners (the n-th busiest
// calls 1/n as often as the first), JSON both ways, 7 % of the calls refused or failed.
import { Exchange } from '../../apps/gateway/dist/handle/exchange.js';
import { Capture } from '../../apps/gateway/dist/records/capture.js';
import { seeded } from '../limits/traffic.mjs';

const CLIENTS = 1_000;
const COLLECTIONS = 20;
const ENDPOINTS_EACH = 10;
const CAPTURED_MAX = 16 * 1024;
const STATUSES = [404, 400, 429, 401, 409, 502, 504];

/** `logBodies` as the collection says it: `all` is what a collection has unless told otherwise. */
export function makeExchanges(count, { logBodies, seed = 42 }) {
  const random = seeded(seed);
  const shares = zipf(CLIENTS);
  const collections = Array.from({ length: COLLECTIONS }, (_, index) => ({
    id: `coll_bench_${index}`,
    logBodies,
    redact: ['card_number'],
    credential: null,
    endpoints: [],
    retentionDays: 90,
  }));
  return Array.from({ length: count }, () => {
    const client = shares.findIndex((share) => random() <= share) + 1 || CLIENTS;
    const collection = collections[(client * 7 + Math.floor(random() * 3)) % COLLECTIONS];
    return exchange({ client, collection, random });
  });
}

function zipf(count) {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1));
  const total = weights.reduce((sum, one) => sum + one, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight / total));
}

function exchange({ client, collection, random }) {
  const number = Math.floor(random() * random() * ENDPOINTS_EACH);
  const method = number % 3 === 0 ? 'POST' : 'GET';
  const body = method === 'POST' ? json(random, 3) : Buffer.alloc(0);
  const profile = random() < 0.25 ? 2 : 1;
  const request = {
    method,
    headers: {
      host: 'gateway.partner.example',
      accept: 'application/json',
      'accept-encoding': 'gzip, br',
      'user-agent': 'partner-app/4.2',
      'x-client-id': `cl_bench_${client}`,
      'x-profile-id': `pr_bench_${client}_${profile}`,
      authorization: 'Bearer portico_tok_0123456789012345678901234567890123456789',
      ...(body.length > 0 && {
        'content-type': 'application/json',
        'content-length': `${body.length}`,
      }),
    },
  };
  const ip = `203.0.113.${client % 250}`;
  const path = `/bench/${collection.id}/resource${number}/${Math.floor(random() * 1e5)}`;
  const address = { ip, peer: ip, viaTrustedProxy: false };
  const one = new Exchange(request, {}, address, { path, query: 'limit=20&page=3' });
  one.trace = {
    client: { id: `cl_bench_${client}` },
    profile: { id: `pr_bench_${client}_${profile}`, environment: 'production' },
    collection,
    endpoint: { id: `ep_${collection.id}_${number}` },
  };
  return answered(one, { body, answer: json(random, 8), random });
}

function answered(one, { body, answer, random }) {
  one.revision = 1_000;
  one.status = random() < 0.93 ? 200 : STATUSES[Math.floor(random() * STATUSES.length)];
  one.outcome = one.status === 429 ? 'rate_limit_exceeded' : 'forwarded';
  one.upstreamLatencyMs = 5 + random() * 40;
  one.requestBytes = body.length;
  one.responseBytes = answer.length;
  one.responseHeaders = [
    ...['content-type', 'application/json; charset=utf-8', 'content-length', `${answer.length}`],
    ...['cache-control', 'no-store', 'etag', `W/"${random()}"`, 'x-upstream-node', 'orders-3'],
    ...['x-request-id', one.requestId],
  ];
  one.requestCapture = captured(body);
  one.responseCapture = captured(answer);
  return one;
}

function captured(bytes) {
  const capture = new Capture(CAPTURED_MAX);
  if (bytes.length > 0) capture.add(bytes);
  return capture;
}

/** Some 110 bytes an item. */
function json(random, items) {
  const item = () => ({
    id: `ord_${Math.floor(random() * 1e9)}`,
    state: 'shipped',
    amount: Math.round(random() * 1e5) / 100,
    currency: 'EUR',
    created_at: '2026-11-20T10:00:00.000Z',
  });
  return Buffer.from(JSON.stringify({ data: Array.from({ length: items }, item) }));
}
