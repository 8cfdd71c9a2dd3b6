-- Counts per hour and latency bucket: what charts read. '' stands for "none", as a key may not be null.
CREATE TABLE logs.rollup_hourly (
  hour timestamptz NOT NULL,
  client_id text NOT NULL,
  collection_id text NOT NULL,
  endpoint_id text NOT NULL,
  status smallint NOT NULL,
  latency_bucket smallint NOT NULL,
  requests bigint NOT NULL,
  PRIMARY KEY (hour, client_id, collection_id, endpoint_id, status, latency_bucket)
);

-- Admitted calls: what bills are made from. Fed by the usage stream alone, never by the records.
CREATE TABLE logs.usage_daily (
  client_id text NOT NULL,
  day date NOT NULL,
  profile_id text NOT NULL,
  admitted bigint NOT NULL,
  PRIMARY KEY (client_id, day, profile_id)
);

CREATE TABLE logs.usage_deltas (
  node text NOT NULL,
  epoch bigint NOT NULL,
  sequence bigint NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (node, epoch, sequence)
);
CREATE INDEX usage_deltas_stored_at ON logs.usage_deltas USING brin (stored_at);
