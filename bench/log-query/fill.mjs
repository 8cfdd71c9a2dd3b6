// A quarter of records, made by the server itself: the same tables, indexes and hourly counts that
// log-ingest would have left behind, without the hours of traffic.
import pg from 'pg';
import { bucketInSql } from '../../apps/log-ingest/dist/store/postgres/latency-buckets.js';
import { migrate } from '../../apps/log-ingest/dist/store/postgres/migrate.js';

const DAY_MS = 86_400_000;
const COLLECTIONS = 20;
const ENDPOINTS_EACH = 10;
/** Two cores, two writers. */
const WRITERS = 2;

export const clientId = (number) => `cl_bench_${number}`;

/** Cumulative shares of clients 1, 2, 3 …: the n-th busiest calls 1/n as often as the first. */
export function zipf(count) {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1));
  const total = weights.reduce((sum, one) => sum + one, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight / total));
}

/** Resolves once all is stored, indexed and analysed, with what it took. */
export async function fill(url, { rows, clients, days, untilMs }) {
  const startedAt = performance.now();
  const pool = new pg.Pool({ connectionString: url, max: WRITERS });
  // Else the end of the server hides why it ended.
  pool.on('error', () => {});
  await migrate(pool);
  const fromMs = untilMs - days * DAY_MS;
  const parts = daysBetween(fromMs, untilMs).map((day) => ({
    ...day,
    rows: Math.round((rows * (day.toMs - day.fromMs)) / (untilMs - fromMs)),
  }));
  const shares = zipf(clients);
  const queue = [...parts.entries()];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await fillDay(pool, next[1], { number: next[0], shares });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, work));
  await pool.query('ANALYZE');
  await pool.query('CHECKPOINT');
  const { rows: sizes } = await pool.query(
    'SELECT count(*) AS records, pg_database_size(current_database()) AS bytes FROM logs.records',
  );
  await pool.end();
  return {
    records: Number(sizes[0].records),
    bytes: Number(sizes[0].bytes),
    seconds: (performance.now() - startedAt) / 1000,
  };
}

function daysBetween(fromMs, untilMs) {
  const days = [];
  for (let at = Math.floor(fromMs / DAY_MS) * DAY_MS; at < untilMs; at += DAY_MS) {
    days.push({
      day: new Date(at).toISOString().slice(0, 10),
      fromMs: Math.max(at, fromMs),
      toMs: Math.min(at + DAY_MS, untilMs),
    });
  }
  return days;
}

/** Filled first and attached then: indexes are built once, from rows that are there. */
async function fillDay(pool, { day, fromMs, toMs, rows }, { number, shares }) {
  const table = `logs.records_${day.replaceAll('-', '')}`;
  const next = new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
  const client = await pool.connect();
  try {
    await client.query(`SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'`);
    await client.query('SELECT setseed($1)', [number / 1_000]);
    // Made and filled in one transaction, which lets the server leave out the write-ahead log.
    await client.query('BEGIN');
    await client.query(`CREATE TABLE ${table} (LIKE logs.records INCLUDING DEFAULTS)`);
    await client.query(recordsSql(table), [rows, fromMs, toMs - fromMs, shares]);
    await client.query('COMMIT');
    await client.query(
      `ALTER TABLE logs.records ATTACH PARTITION ${table}
         FOR VALUES FROM ('${day} 00:00:00+00') TO ('${next} 00:00:00+00')`,
    );
    await client.query('INSERT INTO logs.retention VALUES ($1, 90) ON CONFLICT DO NOTHING', [day]);
    await countDay(client, table);
  } finally {
    client.release();
  }
}

/** Everybody has two profiles and three of the collections; 93 % of the calls go well. */
const recordsSql = (table) => `
  INSERT INTO ${table} (ts, request_id, is_timed, client_id, profile_id, collection_id, endpoint_id,
    environment, method, path, query, status, outcome, latency_ms, upstream_latency_ms, client_ip,
    user_agent, request_bytes, response_bytes, request_headers, response_headers, request_body,
    response_body, truncated, source, node, sequence, revision, trace_id, retention_days)
  SELECT to_timestamp(ms / 1000.0),
    CASE WHEN is_own THEN 'req_' || lpad(to_hex(ms), 12, '0') || '7' || substr(hash, 1, 3)
           || '8' || substr(hash, 5, 15)
         ELSE 'partner-' || hash END,
    is_own, 'cl_bench_' || client, 'pr_bench_' || client || '_' || profile, 'coll_bench_' || coll,
    'ep_bench_' || coll || '_' || endpoint, 'production',
    CASE WHEN endpoint % 3 = 0 THEN 'POST' ELSE 'GET' END,
    '/bench/' || coll || '/resource' || endpoint || '/' || (id % 100000), 'limit=20&page=' || id % 9,
    status, CASE status WHEN 429 THEN 'rate_limit_exceeded' WHEN 401 THEN 'invalid_credential'
                        WHEN 502 THEN 'upstream_error' ELSE 'forwarded' END,
    latency, latency * 0.9, '203.0.113.' || client % 250, 'partner-app/4.2 (client ' || client || ')',
    420, 860,
    '[["host","gateway.partner.example"],["accept","application/json"],["accept-encoding","gzip, br"],'
      || '["x-client-id","cl_bench_' || client || '"],["x-profile-id","pr_bench_' || client || '"],'
      || '["authorization","[redacted]"],["user-agent","partner-app/4.2"],["x-request-id","' || hash || '"]]',
    '[["content-type","application/json; charset=utf-8"],["content-length","860"],["cache-control",'
      || '"no-store"],["etag","W/\\"' || hash || '\\""],["x-upstream-node","orders-3"]]',
    NULL, CASE WHEN status >= 400 THEN convert_to('{"error":"' || hash || '"}', 'UTF8') END, false,
    'gateway', 'gw-' || id % 4, id, 1000, hash, 90
  FROM (
    SELECT id, ms, md5(id::text || ms::text) AS hash, client, profile, endpoint,
      r2 > 0.02 AS is_own, (client * 7 + (r1 * 3)::int) % ${COLLECTIONS} AS coll,
      CASE WHEN r2 < 0.93 THEN 200 WHEN r2 < 0.94 THEN 201 WHEN r2 < 0.955 THEN 404
           WHEN r2 < 0.965 THEN 400 WHEN r2 < 0.975 THEN 429 WHEN r2 < 0.98 THEN 401
           WHEN r2 < 0.985 THEN 409 WHEN r2 < 0.995 THEN 502 ELSE 504 END AS status,
      latency
    FROM (
      SELECT id, $2::bigint + (id::float8 / $1::int * $3::float8)::bigint AS ms,
        width_bucket(random(), $4::float8[]) + 1 AS client, 1 + (random() < 0.25)::int AS profile,
        floor(random() * random() * ${ENDPOINTS_EACH})::int AS endpoint,
        random() * 0.999 AS r1, random() AS r2, exp(3.2 + 0.7 * random_normal()) AS latency
      FROM generate_series(0, $1::int - 1) AS id OFFSET 0
    ) AS drawn
  ) AS made`;

/** What log-ingest would have folded, without the way there. */
async function countDay(client, table) {
  await client.query(
    `CREATE TEMP TABLE counted AS
     SELECT date_trunc('hour', ts) AS hour, date_trunc('day', ts) AS day, client_id, profile_id,
            collection_id, endpoint_id, status, ${bucketInSql('latency_ms')} AS bucket,
            count(*) AS requests
     FROM ${table} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`,
  );
  for (const [grain, at] of [
    ['hourly', 'hour'],
    ['daily', 'day'],
  ]) {
    await client.query(
      `INSERT INTO logs.calls_${grain}
       SELECT client_id, ${at}, profile_id, collection_id, endpoint_id, status, sum(requests)
       FROM counted GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2`,
    );
    await client.query(
      `INSERT INTO logs.latencies_${grain}
       SELECT client_id, ${at}, profile_id, collection_id, bucket, sum(requests),
              coalesce(sum(requests) FILTER (WHERE status >= 400), 0)
       FROM counted GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2`,
    );
  }
  await client.query('DROP TABLE counted');
}
