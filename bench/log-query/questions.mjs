// What people ask the log, as requests to log-ingest's query API. Every question is a function of a
// seeded random number generator to one URL (or, of pages, to one after the other).
import { seeded } from '../limits/traffic.mjs';
import { clientId, zipf } from './fill.mjs';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LOGS = '/internal/v1/request-logs';

/** `world`: `clients`, `days`, `untilMs`, and `samples`, ids that are stored. */
export function questionsOf(world) {
  const random = seeded(4_711);
  const { days, untilMs, clients, samples } = world;
  const shares = zipf(clients);
  const someClient = () => {
    const drawn = random();
    return clientId(shares.findIndex((share) => drawn <= share) + 1 || clients);
  };
  const hour = () => {
    const fromMs = untilMs - (1 + random() * (days * 24 - 2)) * HOUR_MS;
    return { from: iso(fromMs), to: iso(fromMs + HOUR_MS) };
  };
  const quarter = { from: iso(untilMs - (days - 1) * DAY_MS), to: iso(untilMs) };
  const month = { from: iso(untilMs - 30 * DAY_MS), to: iso(untilMs) };
  const day = { from: iso(untilMs - DAY_MS), to: iso(untilMs) };
  const logs = (query) => `${LOGS}?${new URLSearchParams({ limit: 50, ...query })}`;
  const metrics = (query) => `/internal/v1/metrics/summary?${new URLSearchParams(query)}`;
  const some = (list) => list[Math.floor(random() * list.length)];
  const busiest = clientId(1);
  const quiet = () => clientId(clients - Math.floor(random() * (clients / 4)));
  const one = (name, url, more = {}) => ({ name, url, times: 200, ...more });
  return [
    one('last 50 in an hour, a partner', () => logs({ client_id: someClient(), ...hour() }), {
      target: 5,
    }),
    one('last 50 in an hour, the busiest', () => logs({ client_id: busiest, ...hour() }), {
      target: 5,
    }),
    one('newest 50, a partner, no time given', () => logs({ client_id: someClient() })),
    one('newest 50 of everybody', () => logs({})),
    one(
      'a quarter by endpoint, a partner',
      () => metrics({ client_id: someClient(), ...quarter, interval: '1d' }),
      { target: 200, times: 100 },
    ),
    one(
      'a quarter by endpoint, the busiest',
      () => metrics({ client_id: busiest, ...quarter, interval: '1d' }),
      { target: 200, times: 20 },
    ),
    one('30 days by hour, a partner', () =>
      metrics({ client_id: someClient(), ...month, interval: '1h' }),
    ),
    one('24 hours by hour, everybody', () => metrics({ ...day, interval: '1h' }), { times: 50 }),
    one('30 days by day, everybody', () => metrics({ ...month, interval: '1d' }), { times: 10 }),
    one('an hour by minute, a partner', () =>
      metrics({ client_id: someClient(), ...hour(), interval: '1m' }),
    ),
    one('one call by our id', () => `${LOGS}/${some(samples.own)}`),
    one('one call by the partner’s own id', () => `${LOGS}/${some(samples.foreign)}`),
    one('one call that is not there', () => `${LOGS}/${absentId(random, world)}`, { status: 404 }),
    one('4xx of a quarter, a partner', () =>
      logs({ client_id: someClient(), status: '4xx', ...quarter }),
    ),
    one('504 of a quarter, a quiet partner', () =>
      logs({ client_id: quiet(), status: '504', ...quarter }),
    ),
    one('a path of a quarter, a partner', () =>
      logs({ client_id: someClient(), path: '/bench/7/resource8', ...quarter }),
    ),
    one(
      'a path nobody called in a quarter, the busiest',
      () => logs({ client_id: busiest, path: '/never/called', ...quarter }),
      { times: 20 },
    ),
    one('a path in a day, everybody', () => logs({ path: '/bench/7/resource8/1', ...day }), {
      times: 20,
    }),
    one('502 of a quarter, everybody', () => logs({ status: '502', ...quarter })),
    one(
      'pages 2 to 200 of a quarter, the busiest',
      () => logs({ client_id: busiest, status: '2xx', ...quarter }),
      { pages: 200 },
    ),
  ];
}

const iso = (ms) => new Date(ms).toISOString();

/** In our form and of a time in the quarter, so that nothing but a search can tell. */
function absentId(random, { untilMs, days }) {
  const ms = Math.floor(untilMs - random() * days * DAY_MS);
  return `req_${ms.toString(16).padStart(12, '0')}7fff8${'0123456789abcde'}`;
}
