import type { FastifyReply } from 'fastify';
import { ApiError } from '../http/api-error.ts';
import type { WriteTx } from './writes.ts';

export interface Versioned {
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

export const firstVersion = ({ now }: WriteTx): Versioned => ({
  created_at: now,
  updated_at: now,
  version: 1,
});

export const nextVersion = (
  { now }: WriteTx,
  { version }: Versioned,
): Pick<Versioned, 'updated_at' | 'version'> => ({ updated_at: now, version: version + 1 });

/** The three fields every resource answers with. */
export const versionFields = ({ created_at, updated_at, version }: Versioned) => ({
  created_at: created_at.toISOString(),
  updated_at: updated_at.toISOString(),
  version,
});

export const etagOf = ({ version }: { readonly version: number }): string => `"${version}"`;

/** RFC 9110 If-Match, strong comparison: 412 when the resource is not the one the caller has seen. */
export function checkIfMatch(
  header: string | undefined,
  resource: { readonly version: number },
): void {
  if (header === undefined) return;
  const accepted = header.split(',').map((tag) => tag.trim());
  if (accepted.includes('*') || accepted.includes(etagOf(resource))) return;
  throw new ApiError('version_mismatch', { headers: { etag: etagOf(resource) } });
}

/** Answers a single resource with its ETag. */
export function tagged<T extends { readonly version: number }>(reply: FastifyReply, body: T): T {
  reply.header('etag', etagOf(body));
  return body;
}
