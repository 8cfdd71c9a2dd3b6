import type { Method } from '@portico/contracts';
import type {
  ExportableCollection,
  ExportableEndpoint,
  JsonObject,
  OpenApiVersion,
} from './exportable.ts';
import { toOpenApiParameters, withoutUndefined } from './parameters.ts';
import { toOpenApiPath, type OpenApiPath } from './path-template.ts';
import { toErrorResponses } from './responses.ts';
import type { SchemaComponents } from './schema-components.ts';
import { toSecurity } from './security.ts';

const METHODS_WITH_BODY: ReadonlySet<Method> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

interface Shown {
  readonly path: OpenApiPath;
  readonly operations: JsonObject;
}

/**
 * The `paths` of the document. Endpoints whose templates have one shape share a path, under the
 * parameter names of the first: `/orders/{id}` and `/orders/{order_id}` would be ambiguous.
 */
export function toPaths(
  collection: ExportableCollection,
  version: OpenApiVersion,
  components: SchemaComponents,
): JsonObject {
  const shownByShape = new Map<string, Shown>();
  for (const endpoint of collection.endpoints) {
    const own = toOpenApiPath(endpoint.path);
    const shown = shownByShape.get(own.shape) ?? { path: own, operations: {} };
    shownByShape.set(own.shape, shown);
    const schemas = new EndpointSchemas(endpoint, components);
    for (const method of endpoint.methods) {
      // The gateway matches in the same order, so the first one is the one that answers.
      shown.operations[method.toLowerCase()] ??= withoutUndefined({
        tags: [collection.name],
        ...summary(endpoint, method, version),
        parameters: toOpenApiParameters(endpoint, own, shown.path),
        ...messages(endpoint, method, schemas, version),
        security: toSecurity(endpoint.allowedAuthTypes, version),
        'x-portico-endpoint-id': endpoint.id,
        'x-portico-status': endpoint.isDraft === true ? 'draft' : undefined,
      });
    }
  }
  return Object.fromEntries(
    [...shownByShape.values()].map(({ path, operations }) => [path.path, operations]),
  );
}

const summary = (endpoint: ExportableEndpoint, method: Method, version: OpenApiVersion) => ({
  operationId: operationId(endpoint, method),
  summary: endpoint.name,
  description: describe(endpoint, version),
});

function messages(
  endpoint: ExportableEndpoint,
  method: Method,
  schemas: EndpointSchemas,
  version: OpenApiVersion,
) {
  const requestBody = toRequestBody(endpoint, method, schemas, version);
  const answer = toResponse(endpoint, method, schemas);
  return {
    requestBody,
    responses: { '200': answer, ...toErrorResponses(requestBody !== undefined) },
  };
}

/** From the endpoint's id, which never changes, so that generated clients keep their names. */
export const operationId = (endpoint: ExportableEndpoint, method: Method): string =>
  `${method.toLowerCase()}_${endpoint.id.replace(/^ep_/, '')}`;

function describe(endpoint: ExportableEndpoint, version: OpenApiVersion): string | undefined {
  const notes = [endpoint.description];
  if (endpoint.path.endsWith('/*')) notes.push('Matches every path below this one.');
  if (version === '3.0' && endpoint.allowedAuthTypes.includes('mtls')) {
    notes.push('Also accepts a registered TLS client certificate in place of a bearer token.');
  }
  return notes.filter((note) => note !== '').join('\n\n') || undefined;
}

function toRequestBody(
  endpoint: ExportableEndpoint,
  method: Method,
  schemas: EndpointSchemas,
  version: OpenApiVersion,
): JsonObject | undefined {
  const example = endpoint.examples.request;
  if (endpoint.requestSchema === null && example === undefined) return undefined;
  if (!METHODS_WITH_BODY.has(method)) return undefined;
  // OpenAPI 3.0 leaves a body of DELETE undefined, and tools drop or refuse it.
  if (version === '3.0' && method === 'DELETE') return undefined;
  return {
    required: endpoint.requestSchema !== null,
    content: toContent(schemas.request(), example),
  };
}

function toResponse(
  endpoint: ExportableEndpoint,
  method: Method,
  schemas: EndpointSchemas,
): JsonObject {
  const example = endpoint.examples.response;
  const description = 'The API’s answer.';
  const hasContent = endpoint.responseSchema !== null || example !== undefined;
  if (method === 'HEAD' || !hasContent) return { description };
  return { description, content: toContent(schemas.response(), example) };
}

const toContent = (schema: JsonObject, example: unknown): JsonObject => ({
  'application/json': withoutUndefined({ schema, example }),
});

/** Adds an endpoint's schemas to the document once, and only if an operation uses them. */
class EndpointSchemas {
  readonly #endpoint: ExportableEndpoint;
  readonly #components: SchemaComponents;
  #request: JsonObject | undefined;
  #response: JsonObject | undefined;

  constructor(endpoint: ExportableEndpoint, components: SchemaComponents) {
    this.#endpoint = endpoint;
    this.#components = components;
  }

  request(): JsonObject {
    return (this.#request ??= this.#add('request', this.#endpoint.requestSchema));
  }

  response(): JsonObject {
    return (this.#response ??= this.#add('response', this.#endpoint.responseSchema));
  }

  #add(kind: string, schema: ExportableEndpoint['requestSchema']): JsonObject {
    if (schema === null) return {};
    return { ...this.#components.add(`${this.#endpoint.id.replace(/^ep_/, '')}_${kind}`, schema) };
  }
}
