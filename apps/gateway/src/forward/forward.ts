import { checkBody } from '@portico/enforcement';
import type { Admission, CompiledEndpoint } from '@portico/enforcement';
import type { Limits } from '../config.ts';
import { headerOf } from '../handle/exchange.ts';
import type { Exchange } from '../handle/exchange.ts';
import { refuse } from '../handle/respond.ts';
import { hasBody } from '../server/head.ts';
import type { UpstreamRegistry } from '../upstreams/upstream-registry.ts';
import type { AccessTokens } from './access-tokens.ts';
import { decodeBody } from './decode-body.ts';
import { Forwarding } from './forwarding.ts';
import type { Injection } from './injection.ts';
import { BodyFlaw, collectBody, RequestBody } from './request-body.ts';
import type { UpstreamFailure } from './upstream-failure.ts';
import type { Tunnels } from './tunnels.ts';
import { upstreamHead } from './upstream-request.ts';

export interface ForwardParts {
  readonly upstreams: UpstreamRegistry;
  readonly accessTokens: AccessTokens;
  readonly tunnels: Tunnels;
  readonly injectionOf: (endpoint: CompiledEndpoint) => Injection;
  readonly limits: Limits;
}

export type Forward = (exchange: Exchange, admission: Admission) => void;

/** Sends an admitted call on. Every way this can end ends in an answer, or in a cut connection. */
export function createForward(parts: ForwardParts): Forward {
  return (exchange, admission) => {
    const length = Number(headerOf(exchange.request, 'content-length') ?? 0);
    if (length > bodyBytesMax(parts.limits, admission)) {
      refuse(exchange, { code: 'payload_too_large' });
      return;
    }
    if (admission.mustCheckBody) checkThenSend(parts, exchange, admission);
    else if (!hasBody(exchange.request)) send(parts, exchange, admission, null);
    else streamBody(parts, exchange, admission);
  };
}

const bodyBytesMax = (limits: Limits, admission: Admission): number =>
  admission.mustCheckBody ? limits.checkedBodyBytesMax : limits.bodyBytesMax;

function streamBody(parts: ForwardParts, exchange: Exchange, admission: Admission): void {
  const body = new RequestBody({
    request: exchange.request,
    response: exchange.response,
    bytesMax: parts.limits.bodyBytesMax,
    idleMs: parts.limits.bodyIdleMs,
    onChunk: (chunk) => {
      countIn(exchange, chunk);
      exchange.ongoing?.progress();
    },
    onFlaw: (flaw) => exchange.ongoing?.abandon(flaw),
  });
  send(parts, exchange, admission, body);
}

function checkThenSend(parts: ForwardParts, exchange: Exchange, admission: Admission): void {
  holdAndCheck(parts, exchange, admission).catch((error: unknown) => {
    const flaw: UpstreamFailure =
      error instanceof BodyFlaw ? error : { code: 'internal_error', reason: String(error) };
    refuse(exchange, { code: flaw.code, reason: flaw.reason });
  });
}

/** The body is checked as what it decodes to, and forwarded as the bytes that came. */
async function holdAndCheck(
  parts: ForwardParts,
  exchange: Exchange,
  admission: Admission,
): Promise<void> {
  const { request, response } = exchange;
  const { limits } = parts;
  const body = hasBody(request)
    ? await collectBody({
        request,
        response,
        bytesMax: limits.checkedBodyBytesMax,
        idleMs: limits.bodyIdleMs,
        onChunk: (chunk) => countIn(exchange, chunk),
      })
    : Buffer.alloc(0);
  const plain = await decodeBody(
    body,
    headerOf(request, 'content-encoding'),
    limits.checkedBodyBytesMax,
  );
  const details =
    plain === null
      ? [UNKNOWN_CODING]
      : checkBody(admission.endpoint, plain, headerOf(request, 'content-type'));
  if (response.destroyed) return;
  if (details.length > 0) refuse(exchange, { code: 'invalid_request', details });
  else send(parts, exchange, admission, body);
}

const UNKNOWN_CODING = {
  path: 'header.content-encoding',
  message: 'must be gzip, deflate, br or absent, and the body must be in it',
};

function countIn(exchange: Exchange, chunk: Buffer): void {
  exchange.requestBytes += chunk.length;
  exchange.requestCapture?.add(chunk);
}

function send(
  parts: ForwardParts,
  exchange: Exchange,
  admission: Admission,
  body: RequestBody | Buffer | null,
): void {
  const { credential } = admission.endpoint;
  if (credential?.type !== 'oauth2_client_credentials') {
    dispatch(parts, { exchange, admission, body, token: null });
    return;
  }
  const token = parts.accessTokens.token(credential);
  if (typeof token === 'string') dispatch(parts, { exchange, admission, body, token });
  else
    void Promise.resolve(token).then((late) =>
      dispatchWithToken(parts, { exchange, admission, body, token: late }),
    );
}

interface Outgoing {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly body: RequestBody | Buffer | null;
  /** Fetched for the upstream; `null` where none is needed. */
  readonly token: string | null;
}

function dispatchWithToken(parts: ForwardParts, outgoing: Outgoing): void {
  const { exchange, token } = outgoing;
  if (exchange.response.destroyed) return;
  if (token !== null) dispatch(parts, outgoing);
  else
    refuse(exchange, {
      code: 'upstream_unavailable',
      reason: 'no_access_token',
      retryAfterSeconds: 1,
    });
}

function dispatch(parts: ForwardParts, { exchange, admission, body, token }: Outgoing): void {
  const group = parts.upstreams.group(admission.collection, admission.profile.environment);
  const injection = parts.injectionOf(admission.endpoint);
  if (group === null || injection.missing.length > 0) {
    const reason = group === null ? 'upstream_gone' : `missing_env:${injection.missing.join(',')}`;
    refuse(exchange, { code: 'upstream_unavailable', reason, retryAfterSeconds: 1 });
    return;
  }
  const head = upstreamHead(exchange, admission, injection);
  if (token !== null) head.headers.push('authorization', `Bearer ${token}`);
  const { limits, accessTokens, tunnels } = parts;
  const { credential } = admission.endpoint;
  const onUnauthorized =
    token !== null && credential?.type === 'oauth2_client_credentials'
      ? () => accessTokens.discard(credential, token)
      : null;
  const call = { exchange, admission, group, head, body, limits, tunnels, onUnauthorized };
  new Forwarding(call).start();
}
