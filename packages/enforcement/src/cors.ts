import type { CompiledCollection, ConfigIndex } from './compiled.ts';
import type { InboundRequest } from './decision.ts';
import { findBase } from './route/base-paths.ts';
import { methodsIn } from './route/methods.ts';
import { parseRequestPath } from './route/request-path.ts';
import type { RouteQuery } from './route/router.ts';
import { methodsAt } from './route/router.ts';

type Header = readonly [name: string, value: string];

export type CorsDecision =
  /** Not from a browser on another origin, or the collection has no CORS: nothing to add. */
  | { readonly kind: 'none' }
  /** Answer it yourself: 204 with these headers. */
  | { readonly kind: 'preflight'; readonly headers: readonly Header[] }
  /** Go on as usual and add these headers to whatever is answered. */
  | { readonly kind: 'actual'; readonly headers: readonly Header[] };

const NONE: CorsDecision = { kind: 'none' };
/** Every call carries these, so every preflight may ask for them. */
const CALL_HEADERS = ['authorization', 'content-type', 'x-client-id', 'x-profile-id'];
/** What the gateway itself has to say to whoever called; a page could not read it otherwise. */
const ANSWER_HEADERS = [
  'x-request-id',
  'retry-after',
  'ratelimit-policy',
  'ratelimit',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
];

/**
 * The CORS headers of a request (WHATWG Fetch, 3.2). A preflight carries no identity, so it is judged
 * by path alone; it opens nothing, because the call that follows is decided in full.
 */
export function corsDecision(index: ConfigIndex, request: InboundRequest): CorsDecision {
  const { origin } = request.headers;
  const path = typeof origin === 'string' ? parseRequestPath(request.path) : null;
  const base = path === null ? null : findBase(index.bases, path.segments);
  if (typeof origin !== 'string' || path === null || base === null) return NONE;
  const { collection, depth } = base;
  const shared = sharedHeaders(collection, origin);
  if (shared === null) return NONE;

  const isPreflight =
    request.method === 'OPTIONS' &&
    typeof request.headers['access-control-request-method'] === 'string';
  if (!isPreflight) return { kind: 'actual', headers: [...shared, ...exposed(collection)] };
  const { segments, hasTrailingSlash } = path;
  const query = { segments, from: depth, hasTrailingSlash, method: '' };
  return { kind: 'preflight', headers: [...shared, ...preflight(collection, query)] };
}

/** What both kinds of answer say; null = this origin may not read them. */
function sharedHeaders({ cors }: CompiledCollection, origin: string): readonly Header[] | null {
  if (cors == null) return null;
  if (cors.allowed_origins.includes('*')) return [['access-control-allow-origin', '*']];
  if (!cors.allowed_origins.includes(origin)) return null;
  // The answer differs by origin: without Vary a shared cache would hand one origin's to another.
  const headers: Header[] = [
    ['access-control-allow-origin', origin],
    ['vary', 'Origin'],
  ];
  if (cors.allow_credentials) headers.push(['access-control-allow-credentials', 'true']);
  return headers;
}

function exposed({ cors }: CompiledCollection): readonly Header[] {
  const named = cors?.exposed_headers ?? [];
  const names = new Set(named.map((name) => name.toLowerCase()));
  const own = ANSWER_HEADERS.filter((name) => !names.has(name));
  return [['access-control-expose-headers', [...named, ...own].join(', ')]];
}

function preflight({ cors, routes }: CompiledCollection, query: RouteQuery): readonly Header[] {
  const allowed = new Set([
    ...CALL_HEADERS,
    ...(cors?.allowed_headers ?? []).map((name) => name.toLowerCase()),
  ]);
  return [
    ['access-control-allow-methods', methodsIn(methodsAt(routes, query)).join(', ')],
    ['access-control-allow-headers', [...allowed].join(', ')],
    ['access-control-max-age', String(cors?.max_age_seconds ?? 0)],
  ];
}
