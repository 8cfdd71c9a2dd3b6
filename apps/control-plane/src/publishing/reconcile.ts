import { configMetaSchema, type ConfigMessage, type ConfigMeta } from '@portico/contracts';
import type { ConfigPublisher } from '@portico/messaging';
import type { DataSource } from 'typeorm';
import { readComplete } from './config-reader.ts';
import type { Publication } from './publication.ts';

export interface Repair {
  /** Resources that were missing, different, or should not have been there. */
  readonly repaired: number;
  readonly published: boolean;
}

/**
 * Makes the bucket equal to the database, sending only what differs. `publication` must be fresh.
 * Whatever happened to the bucket (lost, restored, tampered with), nodes end up with the database.
 */
export async function reconcile(
  publication: Publication,
  { dataSource, bucket }: { readonly dataSource: DataSource; readonly bucket: ConfigPublisher },
): Promise<Repair> {
  const published = await bucket.readAll();
  const metaMessage = published.get('meta');
  const meta = readMeta(metaMessage);
  // A database restored from a backup is behind: nodes never go back, so the number must go forward.
  await raiseRevision(dataSource, meta?.revision ?? 0);
  const complete = await readComplete(dataSource);
  publication.apply(complete);
  // Looked at in the meta alone: checking a hundred thousand signatures takes seconds, and a meta that
  // is signed now is the end of a publication in which everything was.
  const isSignedNow = metaMessage === undefined || publication.isSignedNow(metaMessage);
  const difference = differenceTo(published, complete.values, isSignedNow);
  const isCurrent =
    isSignedNow &&
    difference.size === 0 &&
    meta?.revision === publication.revision &&
    meta.digest === publication.digest;
  if (!isCurrent) await bucket.publish(await publication.messages(difference));
  return { repaired: difference.size, published: !isCurrent };
}

function differenceTo(
  published: ReadonlyMap<string, ConfigMessage>,
  wanted: ReadonlyMap<string, string | null>,
  isSignedNow: boolean,
): Map<string, string | null> {
  const difference = new Map<string, string | null>();
  for (const [key, body] of wanted) {
    const isSame = (published.get(key)?.body ?? null) === body;
    if (!isSame || (!isSignedNow && body !== null)) difference.set(key, body);
  }
  for (const key of published.keys()) {
    if (key !== 'meta' && !wanted.has(key)) difference.set(key, null);
  }
  return difference;
}

function readMeta(message: ConfigMessage | undefined): ConfigMeta | undefined {
  try {
    return configMetaSchema.parse(JSON.parse(message?.body ?? ''));
  } catch {
    return undefined;
  }
}

async function raiseRevision(dataSource: DataSource, publishedRevision: number): Promise<void> {
  await dataSource.query(
    'update config_revision set revision = $1::bigint + 1 where id = 1 and revision < $1::bigint',
    [publishedRevision],
  );
}
