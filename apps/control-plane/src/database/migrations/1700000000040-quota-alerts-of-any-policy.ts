import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The key of a quota alert named the policy, so a client that was moved to another one was told the
 * same again. What has been told in the running periods is kept under the new key too, lest it be told
 * once more; the old keys stay for replicas that have not been replaced yet, and go with their age.
 */
export class QuotaAlertsOfAnyPolicy1700000000040 implements MigrationInterface {
  readonly name = 'QuotaAlertsOfAnyPolicy1700000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
insert into alerts (key, kind, event_id, fired_at)
select regexp_replace(key, '^(quota \\S+ \\S+) \\S+ ', '\\1 '), kind, event_id, fired_at
from alerts where key ~ '^quota \\S+ \\S+ \\S+ (day|week|month) \\S+ \\S+$'
order by fired_at
on conflict do nothing`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
