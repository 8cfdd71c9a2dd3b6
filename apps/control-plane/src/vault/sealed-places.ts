import type { EntityManager } from 'typeorm';
import type { ConfigKey } from '../writes/writes.ts';

/** A stored row with secrets in it: field → sealed text, as it is or under another key. */
export interface SealedRow {
  readonly id: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** The key of a row that has one secret and a column for it. */
  readonly key_id?: string;
}

/** Where secrets are kept, in SQL. A new column with a sealed text in it belongs in this list. */
export interface SealedPlace {
  readonly table: string;
  /** Every row as `SealedRow`. */
  readonly rows: string;
  /** Stores the rows given as JSON in `$1`, and nothing of them but the secrets. */
  readonly store: string;
  /** Keys of the compiled resources that carry secrets of the rows whose ids are `$1`. */
  readonly carriers: string | null;
}

const GIVEN = 'jsonb_to_recordset($1::jsonb) as given(id text, secrets jsonb, key_id text)';

export const SEALED_PLACES: readonly SealedPlace[] = [
  {
    table: 'profile_credentials',
    rows: `select id::text as id, jsonb_build_object('sealed', sealed) as secrets
           from profile_credentials`,
    store: `update profile_credentials stored
            set sealed = given.secrets->>'sealed', key_id = given.key_id
            from ${GIVEN} where stored.id = given.id::uuid`,
    // Of tokens, nodes get digests.
    carriers: `select distinct 'client.' || p.client_id as key
               from profile_credentials c join profiles p on p.id = c.profile_id
               where c.kind = 'hmac' and c.id = any($1::uuid[])`,
  },
  {
    table: 'upstream_credentials',
    rows: 'select id, secrets from upstream_credentials',
    store: `update upstream_credentials stored set secrets = given.secrets
            from ${GIVEN} where stored.id = given.id`,
    carriers: `select 'collection.' || id as key from collections where credential_id = any($1)
               union select 'collection.' || collection_id from endpoints
               where credential_id = any($1)`,
  },
  {
    table: 'webhooks',
    rows: `select id, jsonb_build_object('sealed', sealed) as secrets from webhooks`,
    store: `update webhooks stored
            set sealed = given.secrets->>'sealed', key_id = given.key_id
            from ${GIVEN} where stored.id = given.id`,
    carriers: null,
  },
];

/** The key id that a sealed text names. */
const KEY_ID = `split_part(secret.value, '.', 2)`;

/** Rows with a secret under one of the keys. The text itself says so: no column can disagree. */
export const rowsUnder = (
  manager: EntityManager,
  place: SealedPlace,
  {
    keyIds,
    except,
    limit,
  }: { keyIds: readonly string[]; except: readonly string[]; limit: number },
): Promise<SealedRow[]> =>
  manager.query(
    `select id, secrets from (${place.rows}) place where id <> all($2::text[])
     and exists (select from jsonb_each_text(secrets) secret where ${KEY_ID} = any($1))
     limit $3`,
    [keyIds, except, limit],
  );

export async function carriersOf(
  manager: EntityManager,
  { carriers }: SealedPlace,
  ids: readonly string[],
): Promise<ConfigKey[]> {
  if (carriers === null) return [];
  const rows: { key: ConfigKey }[] = await manager.query(carriers, [ids]);
  return rows.map(({ key }) => key);
}

/** How many secrets of a table are under which key, and whose some of them are. */
export interface KeyUse {
  readonly key_id: string;
  readonly count: number;
  readonly ids: readonly string[];
}

/** Of every key but those `except`: under these is nearly everything. */
export const keyUses = (
  manager: EntityManager,
  place: SealedPlace,
  except: readonly string[],
): Promise<KeyUse[]> =>
  manager.query(
    `select ${KEY_ID} as key_id, count(*)::int as count,
       (array_agg(place.id order by place.id))[1:20] as ids
     from (${place.rows}) place, jsonb_each_text(place.secrets) secret
     where ${KEY_ID} <> all($1) group by 1`,
    [except],
  );
