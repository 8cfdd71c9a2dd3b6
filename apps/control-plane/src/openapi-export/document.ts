import type {
  ExportableCollection,
  ExportTarget,
  JsonObject,
  OpenApiVersion,
} from './exportable.ts';
import { toPaths } from './operations.ts';
import { ERROR_SCHEMA, errorResponseComponents } from './responses.ts';
import { SchemaComponents } from './schema-components.ts';
import { toSecuritySchemes } from './security.ts';

const FULL_VERSION: Record<OpenApiVersion, string> = { '3.0': '3.0.3', '3.1': '3.1.0' };

/** The collection as an OpenAPI document. Same arguments, same document, key for key. */
export function toOpenApiDocument(
  collection: ExportableCollection,
  target: ExportTarget,
): JsonObject {
  const components = new SchemaComponents(target.version);
  components.add('Error', ERROR_SCHEMA);
  const paths = toPaths(collection, target.version, components);
  const authTypes = [
    ...new Set(collection.endpoints.flatMap((endpoint) => endpoint.allowedAuthTypes)),
  ];
  return {
    openapi: FULL_VERSION[target.version],
    info: {
      title: collection.name,
      ...(collection.description === '' ? {} : { description: collection.description }),
      version: String(collection.version),
    },
    servers: [toServer(collection, target)],
    tags: [{ name: collection.name }],
    paths,
    components: {
      schemas: components.toObject(),
      responses: errorResponseComponents(),
      securitySchemes: toSecuritySchemes(authTypes, target.version),
    },
  };
}

/** One address for all environments: the profile that calls picks the environment. */
function toServer(collection: ExportableCollection, target: ExportTarget): JsonObject {
  const basePath = collection.basePath === '/' ? '' : collection.basePath;
  const environments = collection.environments.join(', ');
  return {
    url: `${target.gatewayUrl.replace(/\/+$/, '')}${basePath}`,
    description:
      environments === ''
        ? 'The gateway.'
        : `The gateway. Environments: ${environments}; the profile in X-Profile-ID picks one.`,
  };
}
