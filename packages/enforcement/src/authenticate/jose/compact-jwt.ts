import { jwtAlgorithmSchema } from '@portico/contracts';
import type { JwtAlgorithm } from '@portico/contracts';

/** A JWT taken apart, nothing in it believed yet. */
export interface CompactJwt {
  readonly algorithm: JwtAlgorithm;
  readonly kid: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly data: Buffer;
  readonly signature: Buffer;
}

const TOKEN_LENGTH_MAX = 16_384;
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Reads a signed JWT (JWS compact form). Null where it is none: unsigned (`alg: none` is no algorithm
 * we know), encrypted, with critical extensions we do not implement (RFC 7515, 4.1.11), or malformed.
 */
export function parseCompactJwt(token: string): CompactJwt | null {
  if (token.length > TOKEN_LENGTH_MAX || !COMPACT.test(token)) return null;
  const [head = '', payload = '', signature = ''] = token.split('.');
  const header = parseObject(head);
  const claims = parseObject(payload);
  if (header === null || claims === null || 'crit' in header) return null;
  const algorithm = jwtAlgorithmSchema.safeParse(header['alg']);
  const kid = header['kid'];
  if (!algorithm.success || (kid !== undefined && typeof kid !== 'string')) return null;
  return {
    algorithm: algorithm.data,
    kid,
    claims,
    data: Buffer.from(`${head}.${payload}`, 'ascii'),
    signature: Buffer.from(signature, 'base64url'),
  };
}

function parseObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(UTF8.decode(Buffer.from(part, 'base64url')));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
