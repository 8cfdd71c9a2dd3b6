import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress } from 'node:zlib';
import {
  recordBatchSchema,
  usageDeltaSchema,
  type RecordBatch,
  type UsageDelta,
} from '@portico/contracts';
import { Packr } from 'msgpackr';
import type { z } from 'zod';

/** What a batch may unpack to: a small payload must not be able to fill the memory of its reader. */
export const BATCH_BYTES_MAX = 32 * 1024 * 1024;

/** The payload is not a batch, and never will be: park it, delivering it again is of no use. */
export class UnreadableBatchError extends Error {
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`The batch cannot be read: ${reason}`, options);
    this.name = 'UnreadableBatchError';
    this.reason = reason;
  }
}

/** Plain maps and no extensions of its own: any msgpack library can read it. */
const packr = new Packr({ useRecords: false, mapsAsObjects: true });
const decompress = promisify(zstdDecompress);

/**
 * msgpack, then zstd level 1, on the event loop: a batch is bounded, and handing it to the thread pool
 * costs more than it takes (ADR 7).
 */
export const encodeBatch = (batch: RecordBatch): Uint8Array => encode(batch);

/** Rejects with `UnreadableBatchError` for anything but a valid batch. */
export const decodeBatch = (payload: Uint8Array): Promise<RecordBatch> =>
  decode(recordBatchSchema, payload);

export const encodeUsageDelta = (delta: UsageDelta): Uint8Array => encode(delta);

/** Rejects with `UnreadableBatchError` for anything but a valid delta. */
export const decodeUsageDelta = (payload: Uint8Array): Promise<UsageDelta> =>
  decode(usageDeltaSchema, payload);

const encode = (value: RecordBatch | UsageDelta): Uint8Array =>
  zstdCompressSync(packr.pack(value), { params: { [constants.ZSTD_c_compressionLevel]: 1 } });

async function decode<T>(schema: z.ZodType<T>, payload: Uint8Array): Promise<T> {
  const result = schema.safeParse(unpack(await unzip(payload)));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UnreadableBatchError(`${issue?.path.join('.') || 'batch'}: ${issue?.message}`);
}

async function unzip(payload: Uint8Array): Promise<Uint8Array> {
  try {
    return await decompress(payload, { maxOutputLength: BATCH_BYTES_MAX });
  } catch (cause) {
    const isTooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new UnreadableBatchError(isTooLarge ? 'too large unpacked' : 'not zstd', { cause });
  }
}

function unpack(packed: Uint8Array): unknown {
  try {
    return packr.unpack(packed);
  } catch (cause) {
    throw new UnreadableBatchError('not msgpack', { cause });
  }
}
