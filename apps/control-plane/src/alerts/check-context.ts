import type { DataSource } from 'typeorm';

/** What every check of a round goes by; one time for all of it. */
export interface CheckContext {
  readonly dataSource: DataSource;
  readonly nowMs: number;
  readonly adminEmail: string | null;
}
