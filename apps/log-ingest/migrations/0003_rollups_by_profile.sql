-- Charts of one profile. Hours counted before this migration belong to no profile: ''.
ALTER TABLE logs.rollup_hourly ADD COLUMN profile_id text NOT NULL DEFAULT '';
ALTER TABLE logs.rollup_hourly DROP CONSTRAINT rollup_hourly_pkey;
ALTER TABLE logs.rollup_hourly ADD PRIMARY KEY
  (hour, client_id, profile_id, collection_id, endpoint_id, status, latency_bucket);
-- One partner's month, without reading everybody's.
CREATE INDEX rollup_hourly_client ON logs.rollup_hourly (client_id, hour);
