import type {
  FailureDetail,
  Method,
  SnapshotCollection,
  SnapshotEndpoint,
} from '@portico/contracts';
import { parseTemplate, shapeOf } from '../route/path-template.ts';
import { checkEndpoint } from './check-endpoint.ts';

/**
 * Everything that would make `compile` refuse this collection, with paths into it
 * (`endpoints.3.parameters.0.pattern`). Empty = it can be enforced. The control plane asks before it
 * saves, so that nothing unenforceable is ever published.
 */
export function checkCollection(collection: SnapshotCollection): readonly FailureDetail[] {
  return [
    ...prefixed('base_path', checkBasePath(collection.base_path)),
    ...checkCredentialReferences(collection),
    ...checkCors(collection.cors),
    ...collection.endpoints.flatMap((endpoint, at) =>
      checkEndpoint(endpoint).map(({ path, message }) => ({
        path: `endpoints.${at}.${path}`,
        message,
      })),
    ),
    ...findDuplicateIds(collection.endpoints),
    ...findDuplicateRoutes(collection.endpoints),
  ];
}

export interface BasePath {
  readonly id: string;
  readonly base_path: string;
}

export interface Route {
  readonly id: string;
  readonly path: string;
  readonly methods: readonly Method[];
}

/** A base path is literal: `/orders/v2`, or `/` for everything no other collection takes. */
export function checkBasePath(basePath: string): readonly string[] {
  const template = parseTemplate(basePath);
  if (!template.ok) return [template.problem];
  const isLiteral = template.segments.every(({ kind }) => kind === 'literal');
  return isLiteral ? [] : ['must not contain parameters or *'];
}

/** Two collections cannot share a base path; says which, with paths like `collections.1.base_path`. */
export function findDuplicateBasePaths(collections: readonly BasePath[]): readonly FailureDetail[] {
  const ownerByPath = new Map<string, string>();
  return collections.flatMap(({ id, base_path }, at) => {
    const template = parseTemplate(base_path);
    if (!template.ok) return [];
    const shape = shapeOf(template.segments);
    const owner = ownerByPath.get(shape);
    ownerByPath.set(shape, owner ?? id);
    const message = `is already the base path of ${owner}`;
    return owner === undefined ? [] : [{ path: `collections.${at}.base_path`, message }];
  });
}

/**
 * Endpoints of one collection that no request could tell apart: the same path shape (parameter
 * names aside) and a method in common.
 */
export function findDuplicateRoutes(endpoints: readonly Route[]): readonly FailureDetail[] {
  const ownerByRoute = new Map<string, string>();
  return endpoints.flatMap(({ id, path, methods }, at) => {
    const template = parseTemplate(path);
    if (!template.ok) return [];
    const shape = shapeOf(template.segments);
    return [...new Set(methods)].flatMap((method) => {
      const owner = ownerByRoute.get(`${method} ${shape}`);
      ownerByRoute.set(`${method} ${shape}`, owner ?? id);
      const message = `matches the same requests as ${owner}: ${method} ${shape}`;
      return owner === undefined ? [] : [{ path: `endpoints.${at}.path`, message }];
    });
  });
}

/**
 * Endpoints that can never be reached because a longer base path takes every request to them. Not
 * an error (the longest base path wins by contract), but a portal must not list one.
 */
export function findShadowed(
  collection: BasePath,
  endpoint: Pick<Route, 'path'>,
  others: readonly BasePath[],
): string | null {
  const full = parseTemplate(join(collection.base_path, endpoint.path));
  if (!full.ok) return null;
  const takes = (basePath: string): boolean => {
    const base = parseTemplate(basePath);
    if (!base.ok || basePath.length <= collection.base_path.length) return false;
    return base.segments.every((segment, at) => {
      const own = full.segments[at];
      return segment.kind === 'literal' && own?.kind === 'literal' && own.text === segment.text;
    });
  };
  return others.find(({ id, base_path }) => id !== collection.id && takes(base_path))?.id ?? null;
}

/** Base path and endpoint path as the partner sees them: `/` adds nothing. */
export function join(basePath: string, path: string): string {
  if (basePath === '/') return path;
  return path === '/' ? basePath : basePath + path;
}

function findDuplicateIds(endpoints: readonly SnapshotEndpoint[]): readonly FailureDetail[] {
  const seen = new Set<string>();
  return endpoints.flatMap(({ id }, at) => {
    const isNew = seen.size < seen.add(id).size;
    return isNew ? [] : [{ path: `endpoints.${at}.id`, message: `${id} is there twice` }];
  });
}

function checkCredentialReferences(collection: SnapshotCollection): readonly FailureDetail[] {
  const known = new Set<string>(collection.credentials.map(({ id }) => id));
  const named = [
    { path: 'credential_id', id: collection.credential_id },
    ...collection.endpoints.map(({ credential_id }, at) => ({
      path: `endpoints.${at}.credential_id`,
      id: credential_id,
    })),
  ];
  return named.flatMap(({ path, id }) =>
    id === undefined || known.has(id) ? [] : [{ path, message: `${id} does not exist` }],
  );
}

/** Any origin, with the browser's credentials, would open the API to every page on the web. */
function checkCors(cors: SnapshotCollection['cors']): readonly FailureDetail[] {
  if (cors === undefined || !cors.allow_credentials) return [];
  if (!cors.allowed_origins.includes('*')) return [];
  return [{ path: 'cors.allowed_origins', message: 'must name origins to allow credentials' }];
}

const prefixed = (path: string, messages: readonly string[]): readonly FailureDetail[] =>
  messages.map((message) => ({ path, message }));
