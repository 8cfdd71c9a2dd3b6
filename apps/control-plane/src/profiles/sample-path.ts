import { join } from '@portico/enforcement';
import type { Parameter } from '@portico/contracts';
import type { Reads } from '../writes/writes.ts';

interface Row {
  readonly base_path: string;
  readonly path: string | null;
  readonly parameters: readonly Parameter[] | null;
}

/** A path this client may really call, so that a pasted curl answers: a GET where there is one. */
export async function samplePath({ manager }: Reads, clientId: string): Promise<string> {
  const [row]: Row[] = await manager.query(
    `select c.base_path, e.path, e.parameters
     from client_collections a
     join collections c on c.id = a.collection_id and c.status = 'published'
     left join endpoints e on e.collection_id = c.id and e.status = 'published'
     where a.client_id = $1
     order by ('GET' = any(e.methods)) desc nulls last, position('{' in e.path),
       length(e.path), e.path
     limit 1`,
    [clientId],
  );
  if (row === undefined) return '/';
  return row.path === null
    ? row.base_path
    : withExamples(join(row.base_path, row.path), row.parameters ?? []);
}

/** `{order_id}` → its example, where it has one. */
const withExamples = (path: string, parameters: readonly Parameter[]): string =>
  path.replace(/\{([^}]+)\}/g, (whole, name: string) => {
    const example = parameters.find((one) => one.in === 'path' && one.name === name)?.example;
    return example === undefined ? whole : encodeURIComponent(String(example));
  });
