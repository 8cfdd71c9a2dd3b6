import type { CollectionEntity } from '../collections/collection.entity.ts';
import type { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import type { ExportableCollection, ExportableEndpoint } from './exportable.ts';

/** `endpoints`: those that the reader may see. */
export const toExportable = (
  collection: CollectionEntity,
  endpoints: readonly EndpointEntity[],
): ExportableCollection => ({
  id: collection.id,
  name: collection.name,
  description: collection.description,
  basePath: collection.base_path,
  environments: Object.keys(collection.upstreams).sort(),
  version: collection.version,
  endpoints: endpoints.map(toExportableEndpoint),
});

const toExportableEndpoint = (endpoint: EndpointEntity): ExportableEndpoint => ({
  id: endpoint.id,
  name: endpoint.name,
  description: endpoint.description,
  methods: endpoint.methods,
  path: endpoint.path,
  parameters: endpoint.parameters,
  requestSchema: endpoint.request_schema,
  responseSchema: endpoint.response_schema,
  examples: endpoint.examples,
  allowedAuthTypes: endpoint.allowed_auth_types,
  isDraft: endpoint.status === 'draft',
});
