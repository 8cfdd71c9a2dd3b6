-- One row per request. Partitions are UTC days, made by the service ahead of need.
CREATE SEQUENCE logs.record_id CACHE 1000;

CREATE TABLE logs.records (
  id bigint NOT NULL DEFAULT nextval('logs.record_id'),
  ts timestamptz NOT NULL,
  request_id text NOT NULL,
  -- True when request_id is ours, a UUIDv7 whose time is ts: then ts finds the row without an index.
  is_timed boolean NOT NULL,
  client_id text,
  profile_id text,
  collection_id text,
  endpoint_id text,
  environment text,
  method text NOT NULL,
  path text NOT NULL,
  query text NOT NULL,
  status smallint NOT NULL,
  outcome text NOT NULL,
  reason text,
  latency_ms double precision NOT NULL,
  upstream_latency_ms double precision,
  client_ip text NOT NULL,
  user_agent text,
  request_bytes bigint NOT NULL,
  response_bytes bigint NOT NULL,
  -- JSON text. Never searched, so not worth a parse on the way in.
  request_headers text NOT NULL,
  response_headers text NOT NULL,
  request_body bytea,
  response_body bytea,
  truncated boolean NOT NULL,
  source text NOT NULL,
  portal_email text,
  node text NOT NULL,
  sequence bigint NOT NULL,
  revision bigint NOT NULL,
  trace_id text,
  retention_days integer NOT NULL
) PARTITION BY RANGE (ts);

CREATE INDEX records_client_ts ON logs.records (client_id, ts DESC, id DESC);
-- Not BRIN: the newest pages of one are never summarised, and the newest is what everybody asks for.
CREATE INDEX records_ts ON logs.records (ts DESC, id DESC);
-- Ids that callers chose themselves say nothing about their time.
CREATE INDEX records_foreign_id ON logs.records (request_id) WHERE NOT is_timed;

-- Which retention times occur on a day: says what the sweep has to look at, without a scan.
CREATE TABLE logs.retention (
  day date NOT NULL,
  retention_days integer NOT NULL,
  PRIMARY KEY (day, retention_days)
);

-- Batches that are stored. first_ms tells batches of equal name apart, when a node that keeps its
-- name over a restart counts from 1 again.
CREATE TABLE logs.batches (
  batch_id text NOT NULL,
  first_ms bigint NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now(),
  parked integer NOT NULL,
  PRIMARY KEY (batch_id, first_ms)
);
CREATE INDEX batches_stored_at ON logs.batches USING brin (stored_at);

-- Records that could not be stored as records, with the reason: emitted = stored + parked + lost.
CREATE TABLE logs.parked_records (
  batch_id text NOT NULL,
  sequence bigint,
  reason text NOT NULL,
  -- The record as JSON, bodies in base64, as bytes: it may hold what text cannot.
  record bytea NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT now()
);

-- What gateways say they had to drop.
CREATE TABLE logs.losses (
  node text NOT NULL,
  from_sequence bigint NOT NULL,
  to_sequence bigint NOT NULL,
  lost bigint NOT NULL,
  lost_by_client jsonb NOT NULL,
  from_ts timestamptz NOT NULL,
  to_ts timestamptz NOT NULL,
  reason text NOT NULL
);
CREATE INDEX losses_to_ts ON logs.losses (to_ts);
