-- Whether a call counted against a policy of its profile's own is said at the moment of the call: what
-- becomes of the profile later changes nothing about it. What was counted before this migration did not
-- say so, and counts as the client's.
ALTER TABLE logs.usage_daily ADD COLUMN apart boolean NOT NULL DEFAULT false;
ALTER TABLE logs.usage_daily DROP CONSTRAINT usage_daily_pkey;
ALTER TABLE logs.usage_daily ADD PRIMARY KEY (client_id, day, profile_id, apart);
