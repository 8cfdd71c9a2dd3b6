import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `jsonb` sorts keys by length, so partners read schemas and examples in an order that nobody chose.
 * `json` keeps them as their author wrote them. What is stored already keeps the order it has now.
 */
export class KeepKeyOrder1700000000030 implements MigrationInterface {
  readonly name = 'KeepKeyOrder1700000000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
alter table endpoints
  alter column parameters type json using parameters::json,
  alter column request_schema type json using request_schema::json,
  alter column response_schema type json using response_schema::json,
  alter column examples type json using examples::json`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
