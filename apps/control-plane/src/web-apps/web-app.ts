import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** One built single-page application and where it is served. */
export interface WebApp {
  readonly name: string;
  /** `/` or `/admin`. */
  readonly base: string;
  readonly root: string;
  /** Where else images may come from: the operator's logo, when it lives on another host. */
  readonly imageOrigins: readonly string[];
}

const here = fileURLToPath(new URL('.', import.meta.url));

/** `src/` and `dist/` are both one level below the app, so the default holds for either. */
export const builtBeside = (app: string): string => join(here, '../../..', app, 'dist');

export const isBuilt = ({ root }: WebApp): boolean => existsSync(join(root, 'index.html'));

/**
 * No script, style or connection from anywhere but here. Inline styles are what the component library
 * sets on its elements; inline scripts stay forbidden.
 */
const contentSecurityPolicy = ({ imageOrigins }: WebApp): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    // blob: is how the portal shows an image that an API answered with.
    ["img-src 'self' data: blob:", ...imageOrigins].join(' '),
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/** Vite puts a hash of the content into these names: what was once fetched never changes. */
const HASHED = /[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

/**
 * `reply.sendFile` with the root as its argument; registered once for all web apps. Where the build
 * left a `.br` or `.gz` beside a file, browsers that take it get that.
 */
export const registerFiles = (fastify: FastifyInstance, root: string): unknown =>
  fastify.register(fastifyStatic, {
    root,
    serve: false,
    cacheControl: false,
    dotfiles: 'deny',
    preCompressed: true,
  });

/** The file that was asked for, or the application itself, which routes in the browser. */
export async function serveWebApp(
  app: WebApp,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const file = await fileOf(app, request.url);
  reply.header('content-security-policy', contentSecurityPolicy(app));
  const isHashed = file !== undefined && HASHED.test(file);
  reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  return reply.sendFile(file ?? 'index.html', app.root);
}

async function fileOf({ base, root }: WebApp, url: string): Promise<string | undefined> {
  const path = decoded(url.split('?', 1)[0] ?? '/');
  const relative = path?.slice(base === '/' ? 1 : base.length + 1);
  if (relative === undefined || relative === '') return undefined;
  const file = normalize(relative);
  if (file.startsWith('..') || file.split(sep).some((part) => part.startsWith('.')))
    return undefined;
  const found = await stat(join(root, file)).catch(() => undefined);
  return found?.isFile() === true ? file : undefined;
}

function decoded(path: string): string | undefined {
  try {
    const text = decodeURIComponent(path);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
