-- One row per client, endpoint, status, latency and hour was nearly a row per call: a partner's quarter
-- took seconds to add up. What was called and how it ended is counted apart from how long it took, each
-- by hour and by day.
CREATE TABLE logs.calls_hourly (
  client_id text NOT NULL,
  at timestamptz NOT NULL,
  profile_id text NOT NULL,
  collection_id text NOT NULL,
  endpoint_id text NOT NULL,
  status smallint NOT NULL,
  requests bigint NOT NULL,
  -- In the order of one partner's chart.
  PRIMARY KEY (client_id, at, profile_id, collection_id, endpoint_id, status)
) WITH (fillfactor = 80);
CREATE INDEX calls_hourly_at ON logs.calls_hourly (at);

CREATE TABLE logs.latencies_hourly (
  client_id text NOT NULL,
  at timestamptz NOT NULL,
  profile_id text NOT NULL,
  collection_id text NOT NULL,
  latency_bucket smallint NOT NULL,
  requests bigint NOT NULL,
  errors bigint NOT NULL,
  PRIMARY KEY (client_id, at, profile_id, collection_id, latency_bucket)
) WITH (fillfactor = 80);
CREATE INDEX latencies_hourly_at ON logs.latencies_hourly (at);

CREATE TABLE logs.calls_daily (LIKE logs.calls_hourly INCLUDING ALL);
CREATE TABLE logs.latencies_daily (LIKE logs.latencies_hourly INCLUDING ALL);

-- Counts on their way to the tables above. Without a key, so that storing records neither looks rows up
-- nor waits for another process that counts the same partner; charts read both.
CREATE TABLE logs.counts_pending (
  hour timestamptz NOT NULL,
  client_id text NOT NULL,
  profile_id text NOT NULL,
  collection_id text NOT NULL,
  endpoint_id text NOT NULL,
  status smallint NOT NULL,
  latency_bucket smallint NOT NULL,
  requests bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);

INSERT INTO logs.calls_hourly
  SELECT client_id, hour, profile_id, collection_id, endpoint_id, status, sum(requests)
  FROM logs.rollup_hourly GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO logs.latencies_hourly
  SELECT client_id, hour, profile_id, collection_id, latency_bucket, sum(requests),
         coalesce(sum(requests) FILTER (WHERE status >= 400), 0)
  FROM logs.rollup_hourly GROUP BY 1, 2, 3, 4, 5;
INSERT INTO logs.calls_daily
  SELECT client_id, date_trunc('day', at, 'UTC'), profile_id, collection_id, endpoint_id, status,
         sum(requests)
  FROM logs.calls_hourly GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO logs.latencies_daily
  SELECT client_id, date_trunc('day', at, 'UTC'), profile_id, collection_id, latency_bucket,
         sum(requests), sum(errors)
  FROM logs.latencies_hourly GROUP BY 1, 2, 3, 4, 5;
DROP TABLE logs.rollup_hourly;
