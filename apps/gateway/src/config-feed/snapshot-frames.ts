import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';

/** A part of a revision: as much as one frame carries. */
export interface RevisionPart {
  readonly revision: number;
  readonly publishedAtMs: number;
  /** True when the revision is the whole configuration, not a difference. */
  readonly complete: boolean;
  /** True on the revision's last part: only then may it be applied. */
  readonly last: boolean;
  readonly values: readonly (readonly [string, string | null])[];
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** A key of its own: what opens the copy on this disk opens nothing else. */
export const copyKey = (sealingKey: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', sealingKey, 'portico', 'portico/v1/snapshot-copy', 32));

/**
 * `<length><iv><tag><AES-256-GCM of zstd of JSON>`. The frame's place in the file is authenticated:
 * frames cannot be dropped, repeated or put in another order without being noticed.
 */
export async function encodeFrame(
  part: RevisionPart,
  place: number,
  key: Uint8Array,
): Promise<Buffer> {
  const packed = await compress(Buffer.from(JSON.stringify(part)));
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(`frame ${place}`));
  const sealed = Buffer.concat([cipher.update(packed), cipher.final()]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(IV_BYTES + TAG_BYTES + sealed.length);
  return Buffer.concat([length, iv, cipher.getAuthTag(), sealed]);
}

export async function decodeFrame(
  frame: Buffer,
  place: number,
  key: Uint8Array,
): Promise<RevisionPart> {
  const decipher = createDecipheriv('aes-256-gcm', key, frame.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(`frame ${place}`));
  decipher.setAuthTag(frame.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const sealed = frame.subarray(IV_BYTES + TAG_BYTES);
  const packed = Buffer.concat([decipher.update(sealed), decipher.final()]);
  const text = await decompress(packed, { maxOutputLength: FRAME_BYTES_MAX });
  return JSON.parse(text.toString('utf8')) as RevisionPart;
}

/** The frames of a file, without their lengths; a cut-off last one is left out. */
export function splitFrames(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  while (at + LENGTH_BYTES <= file.length) {
    const length = file.readUInt32BE(at);
    const end = at + LENGTH_BYTES + length;
    if (length < IV_BYTES + TAG_BYTES || end > file.length) break;
    frames.push(file.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return frames;
}
