import type { snapshotCollectionSchema, SnapshotCredential } from '@portico/contracts';
import { In } from 'typeorm';
import type { z } from 'zod';
import type { CollectionEntity } from '../collections/collection.entity.ts';
import type { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import { UpstreamCredentialEntity } from '../upstream-credentials/upstream-credential.entity.ts';
import type { Reads } from '../writes/writes.ts';

type SnapshotCollectionInput = z.input<typeof snapshotCollectionSchema>;
type SnapshotEndpointInput = SnapshotCollectionInput['endpoints'][number];
type SnapshotCredentialInput = SnapshotCollectionInput['credentials'][number];

export interface CollectionParts {
  readonly collection: CollectionEntity;
  readonly endpoints: readonly EndpointEntity[];
  readonly credentials: ReadonlyMap<string, UpstreamCredentialEntity>;
}

/** The credentials that a collection and its endpoints name. */
export async function credentialsOf(
  { manager }: Reads,
  users: readonly { readonly credential_id: string | null }[],
): Promise<ReadonlyMap<string, UpstreamCredentialEntity>> {
  const ids = [...new Set(users.flatMap(({ credential_id }) => credential_id ?? []))];
  if (ids.length === 0) return new Map();
  const rows = await manager.findBy(UpstreamCredentialEntity, { id: In(ids) });
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * What nodes get of a collection. Endpoints and credentials in the order of their ids: the same rows
 * must give the same bytes, or every reconcile would find a difference.
 */
export function toSnapshotCollection(parts: CollectionParts): SnapshotCollectionInput {
  const { collection, credentials } = parts;
  const endpoints = [...parts.endpoints].sort(byId);
  return {
    id: collection.id,
    name: collection.name,
    base_path: collection.base_path,
    upstreams: collection.upstreams,
    headers: collection.headers,
    ...(collection.credential_id === null ? {} : { credential_id: collection.credential_id }),
    credentials: [...credentials.values()].sort(byId).map(toSnapshotCredential),
    ...(collection.cors === null ? {} : { cors: collection.cors }),
    log_bodies: collection.log_bodies,
    redact: collection.redact,
    retention_days: collection.retention_days,
    endpoints: endpoints.map(toSnapshotEndpoint),
  };
}

export const toSnapshotEndpoint = (endpoint: EndpointEntity): SnapshotEndpointInput => ({
  id: endpoint.id,
  name: endpoint.name,
  methods: endpoint.methods,
  path: endpoint.path,
  ...(endpoint.target_path === null ? {} : { target_path: endpoint.target_path }),
  parameters: endpoint.parameters,
  ...(endpoint.request_schema === null ? {} : { request_schema: endpoint.request_schema }),
  allowed_auth_types: endpoint.allowed_auth_types,
  headers: endpoint.headers,
  ...(endpoint.credential_id === null ? {} : { credential_id: endpoint.credential_id }),
  ...(endpoint.timeout_ms === null ? {} : { timeout_ms: endpoint.timeout_ms }),
});

/** Secrets are stored sealed to the gateways' key already. */
function toSnapshotCredential(credential: UpstreamCredentialEntity): SnapshotCredentialInput {
  const { id, type, settings, secrets } = credential;
  const { key_name, ...rest } = settings;
  const named = key_name === undefined ? {} : { name: key_name };
  return { id, type, ...rest, ...named, ...secrets } as SnapshotCredential;
}

const byId = (left: { readonly id: string }, right: { readonly id: string }): number =>
  left.id < right.id ? -1 : 1;
