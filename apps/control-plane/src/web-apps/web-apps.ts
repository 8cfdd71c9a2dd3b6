import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ControlPlaneConfig } from '../config.ts';
import { portalSettings } from '../developer-portal/portal-settings.ts';
import { notFound } from '../http/api-error.ts';
import { errorBody } from '../http/error-filter.ts';
import { builtBeside, isBuilt, registerFiles, serveWebApp, type WebApp } from './web-app.ts';

const RESERVED = /^\/(?:api|dev|healthz|readyz|metrics)(?:[/?]|$)/;

/**
 * The portal at `/` and the console at `/admin`, as far as they are built. Everything that no route
 * answers ends here: a page for browsers, the error body for everything that is an API's business.
 */
export function serveWebApps(fastify: FastifyInstance, config: ControlPlaneConfig): void {
  const { consoleDir, portalDir } = config.webApps;
  const consoleApp = app('console', '/admin', consoleDir);
  const portal = { ...app('portal', '/', portalDir), imageOrigins: logoOrigins(config) };
  registerFiles(fastify, portal.root);
  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: (request, reply) => {
      const chosen = isUnder(consoleApp.base, request.url) ? consoleApp : portal;
      if (RESERVED.test(request.url) || !wantsPage(request)) return answerNotFound(request, reply);
      if (isBuilt(chosen)) return serveWebApp(chosen, request, reply);
      return chosen === portal ? sayNotBuilt(reply) : answerNotFound(request, reply);
    },
  });
}

const app = (name: string, base: string, directory: string | null): WebApp => ({
  name,
  base,
  root: directory ?? builtBeside(name),
  imageOrigins: [],
});

function logoOrigins(config: ControlPlaneConfig): string[] {
  const { logo_url: logo } = portalSettings(config).branding;
  return logo === null ? [] : [new URL(logo).origin];
}

const isUnder = (base: string, url: string): boolean =>
  url === base || url.startsWith(`${base}/`) || url.startsWith(`${base}?`);

/** Scripts and images are fetched with `*`; a program that wants JSON says so. */
const wantsPage = ({ headers }: FastifyRequest): boolean =>
  headers.accept === undefined || /text\/html|\*\/\*|image\/|text\/css|font\//.test(headers.accept);

function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .status(404)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(notFound(), request.id)));
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Portico</title></head>
<body>
  <h1>Portico</h1>
  <p>The control plane is running. The developer portal is not built: run
  <code>npm run build -w apps/portal</code>, or set <code>PORTAL_ASSETS_DIR</code>.</p>
  <p><a href="/api/docs">Admin API</a></p>
</body>
</html>
`;

const sayNotBuilt = (reply: FastifyReply): FastifyReply =>
  reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    .send(NOT_BUILT);
