import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { RecordBatch, RequestRecord, UsageDelta } from '@portico/contracts';
import fc from 'fast-check';
import { pack } from 'msgpackr';
import {
  BATCH_BYTES_MAX,
  decodeBatch,
  decodeUsageDelta,
  encodeBatch,
  encodeUsageDelta,
  UnreadableBatchError,
} from './batch-codec.ts';

const record = (fields: Partial<RequestRecord> = {}): RequestRecord => ({
  request_id: 'req_0193a1b2c3d4e5f6',
  timestamp_ms: 1_795_300_000_123,
  client_id: 'cl_acme',
  profile_id: 'pr_acme',
  collection_id: 'coll_orders',
  endpoint_id: 'ep_list',
  environment: 'production',
  method: 'POST',
  path: '/orders',
  query: 'a=1',
  status: 200,
  outcome: 'forwarded',
  latency_ms: 12.5,
  upstream_latency_ms: null,
  client_ip: '192.0.2.1',
  user_agent: 'ünïcode 🚀',
  request_bytes: 5_000_000_000,
  response_bytes: 0,
  request_headers: [['x-a', '1']],
  response_headers: [],
  request_body: new Uint8Array([0, 255, 128]),
  response_body: null,
  truncated: false,
  source: 'gateway',
  portal_email: null,
  node: 'node-1',
  sequence: 42,
  revision: 7,
  trace_id: null,
  retention_days: 90,
  ...fields,
});

const batch = (records: RequestRecord[]): RecordBatch => ({
  format: 1,
  batch_id: 'node-1-42-42',
  node: 'node-1',
  records,
  losses: [
    {
      ...{ node: 'node-1', from_sequence: 1, to_sequence: 2, lost: 2 },
      ...{ lost_by_client: { cl_acme: 2 }, from_ms: 1, to_ms: 2, reason: 'buffer_full' },
    },
  ],
});

const delta: UsageDelta = {
  format: 1,
  node: 'node-1',
  sequence: 3,
  epoch: 1_795_300_000_123,
  counts: [{ client_id: 'cl_acme', profile_id: 'pr_acme', day: '2026-11-21', admitted: 12 }],
};

describe('batches of records', () => {
  it('come out as they went in, bytes and large numbers included', async () => {
    const sent = batch([
      record(),
      record({ request_body: null, response_body: Buffer.from('ok') }),
    ]);
    const received = await decodeBatch(encodeBatch(sent));
    expect(received.records.map(bodyAsHex)).toEqual(sent.records.map(bodyAsHex));
    expect(received.records[0]?.request_body).toBeInstanceOf(Uint8Array);
    expect(received.records[0]?.request_bytes).toBe(5_000_000_000);
    expect(received.losses).toEqual(sent.losses);
  });

  it('come out as they went in, whatever the bodies, numbers and texts', async () => {
    const anyRecord = fc
      .record({
        latency_ms: fc.double({ min: 0, max: 1e9, noNaN: true }),
        sequence: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        path: fc.string({ unit: 'binary' }),
        request_body: fc.option(fc.uint8Array()),
      })
      .map(record);
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { maxLength: 5 }), async (records) => {
        const received = await decodeBatch(encodeBatch(batch(records)));
        expect(received.records.map(bodyAsHex)).toEqual(records.map(bodyAsHex));
      }),
      { numRuns: 50 },
    );
  });

  it('are refused with a reason when they are not zstd, not msgpack, or not a batch', async () => {
    const packed = (value: unknown): Uint8Array => zstdCompressSync(pack(value));
    const unreadable: [Uint8Array, string][] = [
      [new Uint8Array(), 'not zstd'],
      [Buffer.from('garbage'), 'not zstd'],
      [encodeBatch(batch([record()])).subarray(0, -3), 'not zstd'],
      [zstdCompressSync(Buffer.from([0x82, 0x01])), 'not msgpack'],
      [packed('a string'), 'batch'],
      [packed({ ...batch([]), format: 2 }), 'format'],
      [packed({ ...batch([]), surprise: 1 }), 'surprise'],
      [packed(batch([record({ status: 'ok' as never })])), 'records.0.status'],
    ];
    for (const [payload, reason] of unreadable) {
      const error: unknown = await decodeBatch(payload).catch((err: unknown) => err);
      expect(error).toBeInstanceOf(UnreadableBatchError);
      expect((error as UnreadableBatchError).reason).toContain(reason);
    }
  });

  it('never unpack to more than the limit', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(BATCH_BYTES_MAX + 1));
    expect(bomb.byteLength).toBeLessThan(100_000);
    await expect(decodeBatch(bomb)).rejects.toThrow('too large unpacked');
  });

  it('survive any bytes as an unreadable batch, never as anything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await expect(decodeBatch(zstdCompressSync(bytes))).rejects.toThrow(UnreadableBatchError);
      }),
      { numRuns: 200 },
    );
  });
});

describe('usage deltas', () => {
  it('come out as they went in', async () => {
    expect(await decodeUsageDelta(encodeUsageDelta(delta))).toEqual(delta);
  });

  it('are not taken for record batches, nor the other way round', async () => {
    await expect(decodeBatch(encodeUsageDelta(delta))).rejects.toThrow(UnreadableBatchError);
    const payload = encodeBatch(batch([]));
    await expect(decodeUsageDelta(payload)).rejects.toThrow(UnreadableBatchError);
  });
});

const bodyAsHex = ({
  request_body: body,
  response_body: answer,
  ...rest
}: RequestRecord): object => ({
  ...rest,
  request_body: body && Buffer.from(body).toString('hex'),
  response_body: answer && Buffer.from(answer).toString('hex'),
});
