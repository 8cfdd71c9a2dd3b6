/**
 * A request path, normalised once; matching and forwarding both use this form, so the gateway and
 * the upstream can never read it differently. The rules, each refused with `bad_request`:
 *
 * | in the path                                          | what happens                           |
 * |------------------------------------------------------|----------------------------------------|
 * | no leading `/`, longer than 8192                     | refused                                |
 * | `.` or `..` as a segment, also as `%2e`              | refused, never resolved                |
 * | empty segment (`//`)                                 | refused                                |
 * | `\` `;`, `%2f` `%5c` `%3b`                           | refused: upstreams disagree about them |
 * | control characters, also encoded (`%00`, `%0a`)      | refused                                |
 * | `%25` followed by two hex digits (double encoding)   | refused                                |
 * | `%` without two hex digits, or not UTF-8 once decoded| refused                                |
 * | anything else RFC 3986 does not allow in a path      | refused                                |
 * | encoded letters, digits, `-._~!$&'()*,=:@`           | decoded                                |
 * | `+`                                                  | encoded (some upstreams read a space)  |
 * | other escapes                                        | kept, hex digits in upper case         |
 * | one trailing `/`                                     | dropped (kept below a trailing `*`)    |
 */
export interface RequestPath {
  /** Normal form, without a trailing slash; `/` is the empty string. */
  readonly text: string;
  readonly segments: readonly string[];
  /** Index in `text` just behind each segment. */
  readonly ends: readonly number[];
  readonly hasTrailingSlash: boolean;
}

const PATH_LENGTH_MAX = 8192;
const SLASH = 0x2f;

/** 1 = may stand in a segment as it is. Everything else needs a closer look. */
const PLAIN = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*,=:@") {
  PLAIN[char.charCodeAt(0)] = 1;
}

/** The normal form, or null where the path is malformed or could be read in two ways. */
export function parseRequestPath(path: string): RequestPath | null {
  if (path.length > PATH_LENGTH_MAX || path.charCodeAt(0) !== SLASH) return null;
  const plain = isPlain(path) ? path : normaliseEscapes(path);
  return plain === null ? null : splitSegments(plain);
}

function isPlain(path: string): boolean {
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code !== SLASH && PLAIN[code] !== 1) return false;
  }
  return true;
}

function splitSegments(path: string): RequestPath | null {
  const segments: string[] = [];
  const ends: number[] = [];
  const hasTrailingSlash = path.charCodeAt(path.length - 1) === SLASH;
  const text = hasTrailingSlash ? path.slice(0, -1) : path;
  let start = 1;
  while (start <= text.length) {
    const slash = text.indexOf('/', start);
    const end = slash === -1 ? text.length : slash;
    const segment = text.slice(start, end);
    if (segment === '' || segment === '.' || segment === '..') return null;
    segments.push(segment);
    ends.push(end);
    start = end + 1;
  }
  return { text, segments, ends, hasTrailingSlash };
}

/** The slow path: escapes and `+`. Null = refuse. */
function normaliseEscapes(path: string): string | null {
  let out = '';
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === SLASH || PLAIN[code] === 1) out += path[i];
    else if (path[i] === '+') out += '%2B';
    else if (path[i] === '%') {
      const normal = normaliseEscape(path.slice(i + 1, i + 3));
      if (normal === null) return null;
      out += normal;
      i += 2;
    } else return null;
  }
  // Looked for in the result: `%25%32%65` only becomes `%252e` here.
  return /%25[0-9a-f]{2}/i.test(out) || !isUtf8(out) ? null : out;
}

const REFUSED_BYTES: ReadonlySet<number> = new Set([SLASH, 0x5c, 0x3b, 0x7f]);

function normaliseEscape(hex: string): string | null {
  if (!/^[0-9a-f]{2}$/i.test(hex)) return null;
  const byte = Number.parseInt(hex, 16);
  if (byte < 0x20 || REFUSED_BYTES.has(byte)) return null;
  return PLAIN[byte] === 1 ? String.fromCharCode(byte) : `%${hex.toUpperCase()}`;
}

/** Overlong forms such as `%c0%af` are a slash to a careless decoder. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
