import { authenticate, BEARER_CHALLENGE, challenge } from './authenticate/authenticate.ts';
import { profileRefusal } from './authorize/profile-refusal.ts';
import type {
  CompiledClient,
  CompiledCollection,
  CompiledProfile,
  ConfigIndex,
} from './compiled.ts';
import type {
  Decision,
  DecisionContext,
  DecisionTrace,
  InboundRequest,
  MeterVerdict,
  Refusal,
} from './decision.ts';
import { meterScope, quotaMessage } from './limits.ts';
import { findBase } from './route/base-paths.ts';
import { methodsIn } from './route/methods.ts';
import type { RequestPath } from './route/request-path.ts';
import { parseRequestPath } from './route/request-path.ts';
import type { RouteQuery } from './route/router.ts';
import { findRoute, methodsAt } from './route/router.ts';
import { maySee } from './scope.ts';
import { mustCheckBody } from './validate/body.ts';
import { checkParameters } from './validate/parameters.ts';
import { isQueryWellFormed } from './validate/query.ts';

/**
 * Says what happens to one request. Same arguments, same answer: no clock, socket or environment
 * is read here, so every rule can be tested with plain values. The rows are those of the order of
 * checks in the HTTP contract; the first that fails answers. Meters are asked last of what can
 * refuse without looking at the request's content, so a refused request consumes nothing.
 */
export function decide(
  index: ConfigIndex,
  request: InboundRequest,
  context: DecisionContext,
): Decision {
  // Before any row: a target that two parties could read differently is not well-formed for us.
  const path = parseRequestPath(request.path);
  if (path === null) return refuse('bad_request', NOTHING_KNOWN, { message: PATH_MESSAGE });
  if (!isQueryWellFormed(request.query)) {
    return refuse('bad_request', NOTHING_KNOWN, { message: QUERY_MESSAGE });
  }

  // Row 1
  const clientId = onlyValue(request, 'x-client-id');
  const profileId = onlyValue(request, 'x-profile-id');
  if (clientId === null || profileId === null) {
    return refuse('identity_required', NOTHING_KNOWN, { wwwAuthenticate: BEARER_CHALLENGE });
  }
  // Row 2
  const client = index.clientById.get(clientId);
  if (client === undefined) return refuse('client_forbidden', NOTHING_KNOWN);
  if (!client.active) return refuse('client_forbidden', trace(client));

  // Row 3
  const profile = client.profileById.get(profileId);
  if (profile === undefined) return refuse('profile_forbidden', trace(client));
  const caller = trace(client, profile);
  if (!profile.active) return refuse('profile_forbidden', caller);

  // Row 4
  const { allowedIps } = profile;
  if (allowedIps !== null && !allowedIps(request.clientIp)) return refuse('ip_not_allowed', caller);

  // Row 5
  const auth = authenticate(profile, request, context);
  if (auth.kind === 'pending') {
    return { kind: 'pending', on: 'keys', ready: auth.ready, trace: caller };
  }
  if (auth.kind === 'invalid') {
    return refuse('invalid_credential', caller, { wwwAuthenticate: challenge(profile, auth) });
  }
  return decideCall({ index, request, context, path }, caller, { client, profile });
}

interface Call {
  readonly index: ConfigIndex;
  readonly request: InboundRequest;
  readonly context: DecisionContext;
  readonly path: RequestPath;
}

/** Rows 6 to 14: the caller is who it says it is; may it do this? */
function decideCall(
  { index, request, context, path }: Call,
  caller: DecisionTrace,
  { client, profile }: { readonly client: CompiledClient; readonly profile: CompiledProfile },
): Decision {
  // Row 6
  const base = findBase(index.bases, path.segments);
  if (base === null) return refuse('not_found', caller);
  const { collection } = base;
  const target = trace(client, profile, collection);

  // Row 7
  if (!maySee(client, collection)) return refuse('collection_not_allowed', target);

  // Row 8
  const { segments, hasTrailingSlash } = path;
  const { method } = request;
  const query: RouteQuery = { segments, from: base.depth, hasTrailingSlash, method };
  const route = findRoute(collection.routes, query);
  if (route.kind === 'no_path') return refuse('not_found', target);

  // Row 9, the endpoint's half
  if (route.kind === 'wrong_method') {
    const allow = methodsIn(route.methods & profile.methods);
    return refuse('method_not_allowed', target, { allow });
  }
  // Rows 9 (the profile's half) to 11
  const { endpoint } = route;
  const call: DecisionTrace = { client, profile, collection, endpoint };
  const refusal = profileRefusal(profile, collection, endpoint, method);
  if (refusal === 'method_not_allowed') {
    const allow = methodsIn(methodsAt(collection.routes, query) & profile.methods);
    return refuse(refusal, call, { allow });
  }
  if (refusal !== null) return refuse(refusal, call);

  // Rows 12 and 13
  const verdict = context.meters.take(meterScope(index, client, profile), context.nowMs);
  if (verdict.kind === 'pending') {
    const { on, ready, limits } = verdict;
    return { kind: 'pending', on, ready, trace: call, limits };
  }
  if (verdict.kind === 'refused') return refuseOverLimit(verdict, call);

  // Row 14; a body is checked by `checkBody` once it is here
  const { limits } = verdict;
  const checked = checkParameters(endpoint.parameters, {
    request,
    segments,
    baseDepth: base.depth,
  });
  if (!checked.ok) return refuse('invalid_request', call, { details: checked.details, limits });

  return {
    kind: 'admitted',
    client,
    profile,
    collection,
    endpoint,
    upstreamPath: endpoint.upstreamPath(path, base.depth),
    upstreamQuery: checked.query,
    limits,
    mustCheckBody: mustCheckBody(endpoint, method),
    trace: call,
  };
}

const PATH_MESSAGE =
  'The path is malformed or ambiguous: dot segments, empty segments, encoded separators and double encoding are refused.';

const QUERY_MESSAGE = 'The query has characters that must be percent-encoded.';

const NOTHING_KNOWN: DecisionTrace = {
  client: null,
  profile: null,
  collection: null,
  endpoint: null,
};

const trace = (
  client: CompiledClient,
  profile: CompiledProfile | null = null,
  collection: CompiledCollection | null = null,
): DecisionTrace => ({ client, profile, collection, endpoint: null });

const refuse = (
  code: Refusal['code'],
  known: DecisionTrace,
  more?: Omit<Refusal, 'kind' | 'code' | 'trace'>,
): Refusal => ({ kind: 'refused', code, trace: known, ...more });

/** An identity header's value; null unless it was sent once. A repeated one arrives with a comma. */
function onlyValue(request: InboundRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value !== 'string' || value === '' || value.includes(',') ? null : value;
}

function refuseOverLimit(
  verdict: Extract<MeterVerdict, { kind: 'refused' }>,
  call: DecisionTrace,
): Refusal {
  const { code, retryAfterSeconds, limits, exceeded, reason } = verdict;
  const message = code === 'quota_exceeded' ? { message: quotaMessage(exceeded) } : {};
  const why = reason === undefined ? {} : { reason };
  return refuse(code, call, { retryAfterSeconds, limits, ...message, ...why });
}
