import { indentJson } from './indent-json.ts';
import { indentXml } from './indent-xml.ts';

/** How a body is shown. Whatever an upstream sends, markup is never rendered: it is text. */
export type ShownBody =
  | { readonly kind: 'empty' }
  | { readonly kind: 'text'; readonly language: 'json' | 'xml' | 'plain'; readonly text: string }
  | { readonly kind: 'image'; readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'binary'; readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> };

export interface Body {
  readonly body: string;
  readonly body_encoding: 'utf8' | 'base64';
}

/** Raster formats only: an SVG is markup. */
const IMAGES = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/;

export function formatBody(
  { body, body_encoding: encoding }: Body,
  contentType: string,
): ShownBody {
  if (body === '') return { kind: 'empty' };
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (encoding === 'base64') {
    const bytes = fromBase64(body);
    return IMAGES.test(type)
      ? { kind: 'image', type, bytes }
      : { kind: 'binary', type: type || 'application/octet-stream', bytes };
  }
  if (/[/+]json$/.test(type) || type === '') {
    const text = indentJson(body);
    if (text !== undefined) return { kind: 'text', language: 'json', text };
  }
  if (/[/+]xml$/.test(type)) return { kind: 'text', language: 'xml', text: indentXml(body) };
  return { kind: 'text', language: 'plain', text: body };
}

/** The value of a header, whatever its case; repeated ones joined as HTTP says. */
export const headerValue = (
  headers: readonly (readonly [string, string])[],
  wanted: string,
): string =>
  headers
    .filter(([name]) => name.toLowerCase() === wanted)
    .map(([, value]) => value)
    .join(', ');

export const bodySize = ({ body, body_encoding: encoding }: Body): number =>
  encoding === 'base64' ? fromBase64(body).length : new TextEncoder().encode(body).length;

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
