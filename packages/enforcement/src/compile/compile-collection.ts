import type { SnapshotCollection, SnapshotEndpoint } from '@portico/contracts';
import { checkCollection } from '../check/check-collection.ts';
import type { CompiledCollection, CompiledEndpoint, UpstreamCredential } from '../compiled.ts';
import type { TemplateSegment } from '../route/path-template.ts';
import { ConfigError } from '../config-error.ts';
import { parseTemplate } from '../route/path-template.ts';
import { buildRoutes } from '../route/router.ts';
import { rewrittenTo, sameAsMatched } from '../route/upstream-path.ts';
import type { CompiledBody } from '../validate/body.ts';
import { compileBodySchema } from '../validate/body-schema.ts';
import { compileParameters } from '../validate/parameters.ts';
import type { Material } from './material.ts';
import { refuseAt, unsealAt } from './material.ts';

/**
 * Throws `ConfigError` with everything `checkCollection` finds, or on a secret it cannot open. Body
 * schemas that `previous` has compiled already are taken from it: they are most of the cost.
 */
export function compileCollection(
  source: SnapshotCollection,
  material: Material,
  previous: CompiledCollection | undefined,
): CompiledCollection {
  refuseProblems(source);
  const known = new Map(previous?.endpoints.map(({ body }) => [body?.source, body]));
  const credentialById = unsealCredentials(source, material);
  const credentialOf = (id: string | undefined): UpstreamCredential | null =>
    (id === undefined ? undefined : credentialById.get(id)) ?? null;
  const endpoints = source.endpoints.map((endpoint): CompiledEndpoint => ({
    ...compileEndpoint(endpoint),
    body: compileBody(source, endpoint, known),
    headers: [...source.headers, ...endpoint.headers],
    credential: credentialOf(endpoint.credential_id ?? source.credential_id),
  }));
  return {
    id: source.id,
    name: source.name,
    published: true,
    basePath: source.base_path,
    baseSegments: literalsOf(templateOf(source.base_path)),
    upstreams: new Map(Object.entries(source.upstreams)),
    headers: source.headers,
    credential: credentialOf(source.credential_id),
    cors: source.cors ?? null,
    logBodies: source.log_bodies,
    redact: source.redact,
    retentionDays: source.retention_days,
    endpoints,
    routes: buildRoutes(endpoints),
  };
}

/** Schemas are left out: compiling them, right after this, is their check. */
function refuseProblems(source: SnapshotCollection): void {
  const endpoints = source.endpoints.map(({ request_schema: _schema, ...rest }) => rest);
  const problems = checkCollection({ ...source, endpoints });
  if (problems.length > 0) throw new ConfigError(`collection.${source.id}`, problems);
}

type EndpointParts = Omit<CompiledEndpoint, 'headers' | 'credential' | 'body'>;

function compileEndpoint(source: SnapshotEndpoint): EndpointParts {
  const template = templateOf(source.path);
  const target = source.target_path;
  return {
    id: source.id,
    name: source.name,
    published: true,
    path: source.path,
    methods: source.methods,
    template,
    upstreamPath:
      target === undefined ? sameAsMatched(template) : rewrittenTo(template, templateOf(target)),
    authTypes: new Set(source.allowed_auth_types),
    parameters: compileParameters(source.parameters, template),
    timeoutMs: source.timeout_ms ?? null,
  };
}

type KnownBodies = ReadonlyMap<string | undefined, CompiledBody | null>;

function compileBody(
  { id }: SnapshotCollection,
  endpoint: SnapshotEndpoint,
  known: KnownBodies,
): CompiledBody | null {
  const { request_schema } = endpoint;
  if (request_schema === undefined) return null;
  const source = JSON.stringify(request_schema);
  const before = known.get(source);
  if (before != null) return before;
  const compiled = compileBodySchema(request_schema);
  if (compiled.ok) return { schema: compiled.schema, source };
  const place = { resource: `collection.${id}`, path: `endpoints.${endpoint.id}.request_schema` };
  return refuseAt(place, compiled.problem);
}

/** Of a path that `checkCollection` has accepted. */
function templateOf(path: string): readonly TemplateSegment[] {
  const template = parseTemplate(path);
  if (!template.ok) throw new Error(`compiling the unchecked path ${path}: ${template.problem}`);
  return template.segments;
}

const literalsOf = (template: readonly TemplateSegment[]): readonly string[] =>
  template.flatMap((segment) => (segment.kind === 'literal' ? [segment.text] : []));

const SEALED_FIELDS = ['password', 'value', 'token', 'client_secret', 'private_key_pem'] as const;

function unsealCredentials(
  source: SnapshotCollection,
  material: Material,
): ReadonlyMap<string, UpstreamCredential> {
  return new Map(
    source.credentials.map((credential) => {
      const opened: Record<string, unknown> = { ...credential };
      for (const field of SEALED_FIELDS) {
        const sealed = opened[field];
        const path = `credentials.${credential.id}.${field}`;
        if (typeof sealed !== 'string') continue;
        opened[field] = unsealAt(sealed, material, { resource: `collection.${source.id}`, path });
      }
      return [credential.id, opened as UpstreamCredential];
    }),
  );
}
