import { describe, expect, it } from '@jest/globals';
import { testDatabase } from '@portico/testkit';
import pg from 'pg';
import { aRecord } from './records.ts';
import { startIngest } from './running-ingest.ts';

describe('stopping log ingest', () => {
  it('stores what was published before, where the queue ends with the process', async () => {
    const database = await testDatabase();
    const ingest = await startIngest(database.url, { MAX_BATCHES_IN_FLIGHT: '2' });
    for (let n = 0; n < 10; n++) await ingest.publish(aRecord(), aRecord());
    await Promise.all([ingest.stop(), ingest.stop()]);
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    const { rows } = await admin.query('SELECT count(*)::int AS n FROM logs.records');
    await admin.end();
    expect(rows).toEqual([{ n: 20 }]);
    await expect(ingest.get('/healthz')).rejects.toThrow();
    await database.drop();
  });
});
