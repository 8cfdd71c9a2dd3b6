import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ErrorBody } from '@portico/contracts';
import type { Metrics } from '@portico/telemetry';
import { requestIdOf } from '../server/request-id.ts';

export interface NodeHealth {
  readonly node: string;
  readonly revision: number | null;
  readonly stale: boolean;
  readonly stale_reason: string | null;
  readonly draining: boolean;
}

export interface AdminParts {
  readonly health: () => NodeHealth;
  readonly metrics: Metrics;
}

/** `/healthz` `/readyz` `/metrics`, on a port of their own: no path of the partners' is reserved. */
export function createAdminServer(parts: AdminParts): Server {
  return createServer((request, response) => {
    const given = request.headers['x-request-id'];
    response.setHeader('x-request-id', requestIdOf(typeof given === 'string' ? given : undefined));
    answer(parts, request, response).catch(() => {
      if (!response.headersSent) refuse(response, 'internal_error');
    });
  });
}

async function answer(
  { health, metrics }: AdminParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    refuse(response, 'method_not_allowed');
    return;
  }
  switch ((request.url ?? '').split('?', 1)[0]) {
    case '/healthz':
      json(response, 200, { status: 'ok', node: health().node });
      return;
    case '/readyz':
      json(response, isReady(health()) ? 200 : 503, health());
      return;
    case '/metrics':
      response.setHeader('content-type', metrics.contentType);
      response.end(await metrics.text());
      return;
    default:
      refuse(response, 'not_found');
  }
}

/** A stale node is ready: serving yesterday's contract beats serving nobody, and the body says so. */
const isReady = (health: NodeHealth): boolean => health.revision !== null && !health.draining;

const REFUSALS = {
  not_found: { status: 404, message: 'Only /healthz, /readyz and /metrics are served here.' },
  method_not_allowed: { status: 405, message: 'This method is not allowed here; see Allow.' },
  internal_error: { status: 500, message: 'Something went wrong on our side.' },
} as const;

function refuse(response: ServerResponse, error: keyof typeof REFUSALS): void {
  const { status, message } = REFUSALS[error];
  const request_id = String(response.getHeader('x-request-id'));
  json(response, status, { error, message, request_id } satisfies ErrorBody);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(body));
}
