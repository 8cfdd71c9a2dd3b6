import { versionFields } from '../writes/versions.ts';
import type { EndpointFields, EndpointResponse } from './endpoint.dto.ts';
import type { EndpointEntity } from './endpoint.entity.ts';

/** What an admin may write: the document that a patch is merged into. */
export const toEndpointFields = (endpoint: EndpointEntity): EndpointFields => ({
  name: endpoint.name,
  description: endpoint.description,
  methods: endpoint.methods,
  path: endpoint.path,
  target_path: endpoint.target_path,
  parameters: endpoint.parameters,
  request_schema: endpoint.request_schema,
  response_schema: endpoint.response_schema,
  examples: endpoint.examples,
  allowed_auth_types: endpoint.allowed_auth_types,
  headers: endpoint.headers,
  credential_id: endpoint.credential_id,
  timeout_ms: endpoint.timeout_ms,
  status: endpoint.status,
});

export const toEndpointResponse = (endpoint: EndpointEntity): EndpointResponse => ({
  id: endpoint.id,
  collection_id: endpoint.collection_id,
  ...toEndpointFields(endpoint),
  ...versionFields(endpoint),
});
