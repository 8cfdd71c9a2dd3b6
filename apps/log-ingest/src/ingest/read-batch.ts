import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import {
  DAY_MS,
  recordBatchSchema,
  requestRecordSchema,
  type RequestRecord,
} from '@portico/contracts';
import { BATCH_BYTES_MAX, decodeBatch, UnreadableBatchError } from '@portico/messaging';
import { unpack } from 'msgpackr';
import { z } from 'zod';
import type { IncomingBatch, RejectedRecord } from '../store/log-store.ts';

/** A clock may be this far ahead before we disbelieve it: a day must have a table to go to. */
const AHEAD_MAX_MS = DAY_MS;
const decompress = promisify(zstdDecompress);

const envelopeSchema = recordBatchSchema.extend({ records: z.array(z.unknown()) });

/**
 * A batch off the stream, its records sorted into those that can be stored and those that cannot.
 * Throws `UnreadableBatchError` when not even the batch around them makes sense.
 */
export async function readBatch(payload: Uint8Array, nowMs: number): Promise<IncomingBatch> {
  const { batch, invalid } = await decoded(payload);
  const records: RequestRecord[] = [];
  const rejected: RejectedRecord[] = [...invalid];
  for (const record of batch.records) {
    const reason = timeProblem(record, nowMs);
    if (reason === undefined) records.push(record);
    else rejected.push({ sequence: record.sequence, reason, record });
  }
  return { batchId: batch.batch_id, records, losses: batch.losses, rejected };
}

type Decoded = {
  readonly batch: Awaited<ReturnType<typeof decodeBatch>>;
  readonly invalid: readonly RejectedRecord[];
};

async function decoded(payload: Uint8Array): Promise<Decoded> {
  try {
    return { batch: await decodeBatch(payload), invalid: [] };
  } catch (error) {
    if (!(error instanceof UnreadableBatchError)) throw error;
    return salvaged(payload, error);
  }
}

/** One record that is not valid must not take its neighbours with it. */
async function salvaged(payload: Uint8Array, problem: UnreadableBatchError): Promise<Decoded> {
  const envelope = envelopeSchema.safeParse(await unpacked(payload, problem));
  if (!envelope.success) throw problem;
  const records: RequestRecord[] = [];
  const invalid: RejectedRecord[] = [];
  for (const record of envelope.data.records) {
    const result = requestRecordSchema.safeParse(record);
    if (result.success) records.push(result.data);
    else invalid.push({ sequence: sequenceOf(record), reason: reasonOf(result.error), record });
  }
  return { batch: { ...envelope.data, records }, invalid };
}

async function unpacked(payload: Uint8Array, problem: UnreadableBatchError): Promise<unknown> {
  try {
    return unpack(await decompress(payload, { maxOutputLength: BATCH_BYTES_MAX }));
  } catch {
    throw problem;
  }
}

/** A record whose day is over for its retention, or not yet near, has no table to go to. */
function timeProblem(record: RequestRecord, nowMs: number): string | undefined {
  const ageMs = nowMs - record.timestamp_ms;
  if (ageMs < -AHEAD_MAX_MS) return 'timestamp_ms is more than a day in the future';
  if (ageMs > (record.retention_days + 1) * DAY_MS) return 'older than its own retention_days';
  return undefined;
}

const sequenceOf = (record: unknown): number | null => {
  const sequence = (record as { sequence?: unknown } | null)?.sequence;
  return Number.isSafeInteger(sequence) ? (sequence as number) : null;
};

const reasonOf = ({ issues: [issue] }: z.ZodError): string =>
  `${issue?.path.join('.') || 'record'}: ${issue?.message}`;
