import type { SnapshotCollection, SnapshotEndpoint } from '@portico/contracts';
import { checkCollection } from '../check/check-collection.ts';
import type { CompiledCollection, CompiledEndpoint, UpstreamCredential } from '../compiled.ts';
import { ConfigError } from '../config-error.ts';
import type { TemplateSegment } from '../route/path-template.ts';
import { parseTemplate } from '../route/path-template.ts';
import { buildRoutes } from '../route/router.ts';
import { rewrittenTo, sameAsMatched } from '../route/upstream-path.ts';
import type { Material } from './material.ts';
import { unsealAt } from './material.ts';

/** Throws `ConfigError` with everything `checkCollection` finds, or on a secret it cannot open. */
export function compileCollection(
  source: SnapshotCollection,
  material: Material,
  _previous: CompiledCollection | undefined,
): CompiledCollection {
  const problems = checkCollection(source);
  if (problems.length > 0) throw new ConfigError(`collection.${source.id}`, problems);
  const credentialById = new Map(
    source.credentials.map((credential) => [
      credential.id,
      unsealed(source.id, credential, material),
    ]),
  );
  const credentialOf = (id: string | undefined): UpstreamCredential | null =>
    (id === undefined ? undefined : credentialById.get(id as UpstreamCredential['id'])) ?? null;
  const credential = credentialOf(source.credential_id);
  const endpoints = source.endpoints.map((endpoint) => ({
    ...compileEndpoint(endpoint),
    headers: [...source.headers, ...endpoint.headers],
    credential: credentialOf(endpoint.credential_id) ?? credential,
  }));
  return {
    id: source.id,
    name: source.name,
    published: true,
    basePath: source.base_path,
    baseSegments: literalsOf(templateOf(source.base_path)),
    upstreams: new Map(Object.entries(source.upstreams)),
    headers: source.headers,
    credential,
    cors: source.cors ?? null,
    logBodies: source.log_bodies,
    redact: source.redact,
    retentionDays: source.retention_days,
    endpoints,
    routes: buildRoutes(endpoints),
  };
}

function compileEndpoint(
  source: SnapshotEndpoint,
): Omit<CompiledEndpoint, 'headers' | 'credential'> {
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
    timeoutMs: source.timeout_ms ?? null,
  };
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

function unsealed(
  collectionId: string,
  credential: UpstreamCredential,
  material: Material,
): UpstreamCredential {
  const opened: Record<string, unknown> = { ...credential };
  for (const field of SEALED_FIELDS) {
    const sealed = opened[field];
    if (typeof sealed !== 'string') continue;
    const at = { resource: `collection.${collectionId}`, path: `credentials.${credential.id}` };
    opened[field] = unsealAt(sealed, material, { ...at, path: `${at.path}.${field}` });
  }
  return opened as UpstreamCredential;
}
