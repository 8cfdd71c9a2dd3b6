import { createHash } from 'node:crypto';
import { ID_PREFIX } from '@portico/contracts';
import { uuidv7obj } from 'uuidv7';
import type { RequestContext } from '../access/request-context.ts';
import type { AuditEntryEntity } from './audit-entry.entity.ts';

/** What happened, in the words of the feature that did it. */
export interface AuditFact {
  /** `client.create`, `profile.rotate`, … */
  readonly action: string;
  readonly resource_type: string;
  readonly resource_id: string;
  /** The complete resource without its secrets; null where there was, or is, none. */
  readonly before: unknown;
  readonly after: unknown;
}

export const GENESIS_HASH = '0'.repeat(64);

interface ChainPoint {
  readonly context: RequestContext;
  readonly at: Date;
  readonly head: { revision: number; audit_sequence: number; audit_head: string };
}

/** The facts as the next links of the chain. */
export function chainEntries(
  facts: readonly AuditFact[],
  { context, at, head }: ChainPoint,
): AuditEntryEntity[] {
  let previous_hash = head.audit_head;
  return facts.map((fact, index) => {
    const entry = {
      sequence: head.audit_sequence + index + 1,
      id: `${ID_PREFIX.auditEntry}${uuidv7obj().toHex()}`,
      at,
      actor_type: context.actor.type,
      actor_id: context.actor.id,
      actor_name: context.actor.name,
      ip: context.ip,
      request_id: context.requestId,
      ...fact,
      before: asStored(fact.before),
      after: asStored(fact.after),
      revision: head.revision,
      previous_hash,
    };
    const hash = hashOf(entry);
    previous_hash = hash;
    return { ...entry, hash };
  });
}

/** Every field but the hash itself, in a form that does not depend on how JSON was written. */
export const hashOf = (entry: Omit<AuditEntryEntity, 'hash'>): string => {
  const { sequence, id, at, previous_hash, revision, before, after, ...who } = entry;
  const { actor_type, actor_id, actor_name, ip, request_id } = who;
  const { action, resource_type, resource_id } = who;
  const fields = [
    [previous_hash, sequence, id, at.toISOString(), revision],
    [actor_type, actor_id, actor_name, ip, request_id],
    [action, resource_type, resource_id, before, after],
  ];
  return createHash('sha256').update(canonicalJson(fields), 'utf8').digest('hex');
};

/** What PostgreSQL will give back: dates as text, nothing undefined. */
const asStored = (value: unknown): unknown =>
  value === null || value === undefined ? null : JSON.parse(JSON.stringify(value));

/** Object keys in code unit order: `jsonb` does not keep the order they were written in. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}
