import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Metrics } from '@portico/telemetry';

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
    answer(parts, request, response).catch(() => {
      if (!response.headersSent) json(response, 500, { error: 'internal_error' });
    });
  });
}

async function answer(
  { health, metrics }: AdminParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    json(response, 405, { error: 'method_not_allowed' });
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
      json(response, 404, { error: 'not_found' });
  }
}

/** A stale node is ready: serving yesterday's contract beats serving nobody, and the body says so. */
const isReady = (health: NodeHealth): boolean => health.revision !== null && !health.draining;

function json(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(body));
}
