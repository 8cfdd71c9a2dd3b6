import { crc32 } from 'node:zlib';

/** An entry as JSON, and bytes that go with it: whole, or not there at all. */
export interface Frame<Entry> {
  readonly entry: Entry;
  readonly payload: Uint8Array;
}

/** Length of what follows the prefix, its checksum, length of the entry in it. */
const PREFIX_BYTES = 12;

/** One frame, as the buffers to be written one after the other. */
export function encodeFrame<Entry>(entry: Entry, payload?: Uint8Array): Uint8Array[] {
  const text = JSON.stringify(entry);
  const entryBytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + entryBytes);
  frame.write(text, PREFIX_BYTES);
  frame.writeUInt32LE(entryBytes, 8);
  const checksum = crc32(frame.subarray(8));
  frame.writeUInt32LE(4 + entryBytes + (payload?.length ?? 0), 0);
  frame.writeUInt32LE(payload === undefined ? checksum : crc32(payload, checksum), 4);
  return payload === undefined ? [frame] : [frame, payload];
}

/** Ends at the first frame that is not whole: a kill in the middle of a write leaves one. */
export function* readFrames<Entry>(bytes: Buffer): Generator<Frame<Entry>> {
  let at = 0;
  while (at + PREFIX_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const end = at + 8 + length;
    // A length of nothing is what a file looks like whose bytes never reached the disk.
    if (length <= 4 || end > bytes.length) return;
    if (crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32LE(at + 4)) return;
    const payloadAt = at + PREFIX_BYTES + bytes.readUInt32LE(at + 8);
    yield {
      entry: JSON.parse(bytes.toString('utf8', at + PREFIX_BYTES, payloadAt)) as Entry,
      payload: bytes.subarray(payloadAt, end),
    };
    at = end;
  }
}
