import { Injectable } from '@nestjs/common';
import { DataSource, type SelectQueryBuilder } from 'typeorm';
import { invalid, notFound } from '../http/api-error.ts';
import { whereAnyHolds } from '../paging/read-page.ts';
import { AuditEntryEntity } from './audit-entry.entity.ts';
import type { AuditEntryResponse, AuditQuery } from './audit.dto.ts';

const EXPORT_BATCH = 500;
const EXACT = ['actor_type', 'action', 'resource_type', 'resource_id', 'ip', 'request_id'] as const;

/** Reads the audit log; nothing here can write it. */
@Injectable()
export class AuditLog {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  async search(query: AuditQuery) {
    const rows = await this.batch(query, query.limit + 1, cursorOf(query));
    const page = rows.slice(0, query.limit);
    const next = rows.length > query.limit ? page.at(-1)?.sequence : undefined;
    return {
      data: page.map(toAuditResponse),
      next_cursor: next === undefined ? null : String(next),
    };
  }

  async get(id: string): Promise<AuditEntryResponse> {
    const entry = await this.dataSource.manager.findOneBy(AuditEntryEntity, { id });
    if (entry === null) throw notFound(`There is no audit entry ${id}.`);
    return toAuditResponse(entry);
  }

  /** Everything that matches, newest first, a batch at a time: memory does not grow with the log. */
  async *all(query: AuditQuery): AsyncGenerator<AuditEntryResponse> {
    let before: number | undefined;
    for (;;) {
      const rows = await this.batch(query, EXPORT_BATCH, before);
      for (const row of rows) yield toAuditResponse(row);
      if (rows.length < EXPORT_BATCH) return;
      before = rows.at(-1)?.sequence;
    }
  }

  private batch(
    query: AuditQuery,
    take: number,
    before: number | undefined,
  ): Promise<AuditEntryEntity[]> {
    const select = filtered(
      this.dataSource.manager.createQueryBuilder(AuditEntryEntity, 'a'),
      query,
    );
    if (before !== undefined) select.andWhere('a.sequence < :before', { before });
    return select.orderBy('a.sequence', 'DESC').take(take).getMany();
  }
}

function filtered(
  select: SelectQueryBuilder<AuditEntryEntity>,
  query: AuditQuery,
): SelectQueryBuilder<AuditEntryEntity> {
  for (const field of EXACT) {
    const value = query[field];
    if (value !== undefined) select.andWhere(`a.${field} = :${field}`, { [field]: value });
  }
  if (query.actor !== undefined) {
    select.andWhere('(a.actor_id = :actor or a.actor_name = :actor)', { actor: query.actor });
  }
  if (query.from !== undefined) select.andWhere('a.at >= :from', { from: new Date(query.from) });
  if (query.to !== undefined) select.andWhere('a.at < :to', { to: new Date(query.to) });
  const searched = ['a.action', 'a.resource_id', 'a.actor_name', 'a.before::text', 'a.after::text'];
  whereAnyHolds(select, searched, query.q);
  return select;
}

function cursorOf({ cursor }: AuditQuery): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(cursor)) return Number(cursor);
  throw invalid({ path: 'query.cursor', message: 'is not a cursor of this list' });
}

export const toAuditResponse = (entry: AuditEntryEntity): AuditEntryResponse => ({
  id: entry.id,
  sequence: entry.sequence,
  timestamp: entry.at.toISOString(),
  actor: { type: entry.actor_type, id: entry.actor_id, name: entry.actor_name },
  ip: entry.ip,
  request_id: entry.request_id,
  action: entry.action,
  resource_type: entry.resource_type,
  resource_id: entry.resource_id,
  revision: entry.revision,
  before: entry.before,
  after: entry.after,
  previous_hash: entry.previous_hash,
  hash: entry.hash,
});
