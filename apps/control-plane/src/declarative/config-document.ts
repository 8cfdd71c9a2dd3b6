import { parse as parseYaml, stringify } from 'yaml';
import { z } from 'zod';
import { ApiError, invalid } from '../http/api-error.ts';
import { toDetails } from '../validation/contract.ts';
import { unstorableIn } from '../validation/unstorable.ts';

/** Raised whenever a document of today would mean something else tomorrow. */
export const DOCUMENT_FORMAT = 1;

/** A resource as its own route takes it, with its id. What is in it is that feature's business. */
const resource = z.looseObject({ id: z.string({ error: 'is required' }) });
const resources = z.array(resource).max(200_000).optional();

/**
 * The whole configuration in one document. A section, or a list inside a resource, that is left out
 * is not managed by this document and stays as it is.
 */
export const configDocumentSchema = z.strictObject({
  format: z.literal(DOCUMENT_FORMAT, { error: `must be ${DOCUMENT_FORMAT}` }),
  policies: resources,
  upstream_credentials: resources,
  collections: z
    .array(resource.extend({ endpoints: resources }))
    .max(10_000)
    .optional(),
  clients: z
    .array(resource.extend({ profiles: resources }))
    .max(200_000)
    .optional(),
});
export type ConfigDocument = z.infer<typeof configDocumentSchema>;
export type DocumentResource = z.infer<typeof resource>;

/** A request body, JSON already parsed or YAML as text, as a document. Throws 400 or 422. */
export function readDocument(body: unknown): ConfigDocument {
  const value = typeof body === 'string' ? yamlIn(body) : body;
  const unstorable = unstorableIn(value, 'body');
  if (unstorable.length > 0) throw invalid(...unstorable);
  const parsed = configDocumentSchema.safeParse(value);
  if (!parsed.success) {
    throw invalid(...parsed.error.issues.flatMap((issue) => toDetails(issue, 'body')));
  }
  refuseRepeatedIds(parsed.data);
  return parsed.data;
}

export function yamlIn(text: string): unknown {
  try {
    // Few aliases are legitimate; many are a bomb.
    return parseYaml(text, { maxAliasCount: 100 });
  } catch (error) {
    const line = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : '';
    const where = line.replace(/:$/, '').slice(0, 250);
    const message = `The request body is neither JSON nor YAML: ${where}.`;
    throw new ApiError('malformed_body', { message, cause: error });
  }
}

export const writeYaml = (document: object): string =>
  stringify(document, { aliasDuplicateObjects: false, lineWidth: 100 });

function refuseRepeatedIds(document: ConfigDocument): void {
  const lists: [string, readonly DocumentResource[]][] = [
    ['policies', document.policies ?? []],
    ['upstream_credentials', document.upstream_credentials ?? []],
    ['collections', document.collections ?? []],
    ['endpoints', (document.collections ?? []).flatMap(({ endpoints }) => endpoints ?? [])],
    ['clients', document.clients ?? []],
    ['profiles', (document.clients ?? []).flatMap(({ profiles }) => profiles ?? [])],
  ];
  const repeated = lists.flatMap(([name, list]) => {
    const ids = list.map(({ id }) => id);
    const seen = new Set<string>();
    const twice = new Set(ids.filter((id) => seen.size === seen.add(id).size));
    return [...twice].map((id) => ({ path: `body.${name}`, message: `names ${id} twice` }));
  });
  if (repeated.length > 0) throw invalid(...repeated);
}
