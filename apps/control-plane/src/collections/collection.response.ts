import { versionFields } from '../writes/versions.ts';
import type { CollectionFields, CollectionResponse } from './collection.dto.ts';
import type { CollectionEntity } from './collection.entity.ts';

/** What an admin may write: the document that a patch is merged into. */
export const toCollectionFields = (collection: CollectionEntity): CollectionFields => ({
  name: collection.name,
  description: collection.description,
  base_path: collection.base_path,
  upstreams: collection.upstreams,
  headers: collection.headers,
  credential_id: collection.credential_id,
  cors: collection.cors,
  log_bodies: collection.log_bodies,
  redact: collection.redact,
  retention_days: collection.retention_days,
  status: collection.status,
});

export const toCollectionResponse = (collection: CollectionEntity): CollectionResponse => ({
  id: collection.id,
  ...toCollectionFields(collection),
  ...versionFields(collection),
});
