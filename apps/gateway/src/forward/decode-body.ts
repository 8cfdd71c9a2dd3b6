import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { BodyFlaw } from './request-body.ts';

const DECODERS: Readonly<
  Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/**
 * A body without its content coding; `null` when the coding is unknown or the body is not in it.
 * Throws `BodyFlaw` when it unpacks to more than `bytesMax`: a small body must not fill our memory.
 */
export async function decodeBody(
  body: Buffer,
  coding: string | undefined,
  bytesMax: number,
): Promise<Buffer | null> {
  const name = coding?.trim().toLowerCase() ?? 'identity';
  if (name === 'identity' || body.length === 0) return body;
  const decode = DECODERS[name];
  if (decode === undefined) return null;
  try {
    return await decode(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BodyFlaw('payload_too_large', 'unpacked_body_too_large');
    }
    return null;
  }
}
