import converter, { type Options } from 'openapi-to-postmanv2';
import { toOpenApiDocument } from './document.ts';
import { isObject, type ExportableCollection, type JsonObject } from './exportable.ts';
import { mapValues } from './schema-keywords.ts';

/** Whose values a reader's collection starts with; the credential itself is left for them to fill in. */
export interface PostmanIdentity {
  readonly gatewayUrl: string;
  readonly clientId: string;
  readonly profileId: string;
}

const CREDENTIAL = 'credential';

/**
 * The collection as a Postman 2.1 file. Identity and credential are collection variables, so that
 * the file can be passed on, and committed, without passing on access.
 */
export async function toPostmanCollection(
  collection: ExportableCollection,
  identity: PostmanIdentity,
): Promise<JsonObject> {
  const document = toOpenApiDocument(collection, {
    version: '3.0',
    gatewayUrl: identity.gatewayUrl,
  });
  const postman = await convert(withoutSecurity(document));
  const variables = Array.isArray(postman.variable) ? (postman.variable as unknown[]) : [];
  return {
    ...postman,
    item: (postman.item as JsonObject[]).map(withIdentityHeaders),
    auth: {
      type: 'bearer',
      bearer: [{ key: 'token', value: `{{${CREDENTIAL}}}`, type: 'string' }],
    },
    variable: [
      ...variables,
      { key: 'client_id', value: identity.clientId, type: 'string' },
      { key: 'profile_id', value: identity.profileId, type: 'string' },
      { key: CREDENTIAL, value: '', type: 'string' },
    ],
  };
}

/** Postman has one credential per request and would lose two of our three headers. */
function withoutSecurity(document: JsonObject): JsonObject {
  const paths = mapValues(document.paths as JsonObject, (operations) =>
    mapValues(operations as JsonObject, (operation) =>
      without(operation as JsonObject, 'security'),
    ),
  );
  const components = without(document.components as JsonObject, 'securitySchemes');
  return { ...document, components, paths };
}

const without = (object: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));

function convert(document: JsonObject): Promise<JsonObject> {
  const options: Options = { folderStrategy: 'Tags', requestParametersResolution: 'Example' };
  return new Promise((resolve, reject) => {
    converter.convertV2({ type: 'json', data: document }, options, (error, result) => {
      const output = result?.output?.[0]?.data;
      if (error == null && result?.result === true && isObject(output)) resolve(output);
      else reject(new Error(`converting to Postman: ${String(error ?? result?.reason)}`));
    });
  });
}

const IDENTITY_HEADERS = [
  { key: 'X-Client-ID', value: '{{client_id}}' },
  { key: 'X-Profile-ID', value: '{{profile_id}}' },
];

function withIdentityHeaders(item: JsonObject): JsonObject {
  if (Array.isArray(item.item)) {
    return { ...item, item: (item.item as JsonObject[]).map(withIdentityHeaders) };
  }
  if (!isObject(item.request)) return item;
  const headers = Array.isArray(item.request.header) ? (item.request.header as JsonObject[]) : [];
  return { ...item, request: { ...item.request, header: [...IDENTITY_HEADERS, ...headers] } };
}
