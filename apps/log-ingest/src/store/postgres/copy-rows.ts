import type { RequestRecord } from '@portico/contracts';
import { isTimedBy } from './request-time.ts';

/** Every field of PostgreSQL's binary COPY format: a length, then that many bytes; -1 is NULL. */
class RowWriter {
  #bytes = Buffer.allocUnsafe(256 * 1024);
  #at = 0;

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  raw(bytes: Uint8Array): void {
    this.#ensure(bytes.byteLength);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.byteLength;
  }

  count(value: number): void {
    this.#ensure(2);
    this.#at = this.#bytes.writeInt16BE(value, this.#at);
  }

  text(value: string | null): void {
    if (value === null) return this.#null();
    // Room for the longest encoding, so that one pass both writes and measures.
    this.#ensure(4 + 3 * value.length);
    const size = this.#bytes.write(value, this.#at + 4);
    this.#bytes.writeInt32BE(size, this.#at);
    this.#at += 4 + size;
  }

  bytes(value: Uint8Array | null): void {
    if (value === null) return this.#null();
    this.#size(value.byteLength);
    this.#bytes.set(value, this.#at);
    this.#at += value.byteLength;
  }

  bool(value: boolean): void {
    this.#size(1);
    this.#at = this.#bytes.writeUInt8(value ? 1 : 0, this.#at);
  }

  int2(value: number): void {
    this.#size(2);
    this.#at = this.#bytes.writeInt16BE(value, this.#at);
  }

  int4(value: number): void {
    this.#size(4);
    this.#at = this.#bytes.writeInt32BE(value, this.#at);
  }

  /** Of a safe integer: faster in two halves than by way of a BigInt. */
  int8(value: number): void {
    this.#size(8);
    this.#at = this.#bytes.writeInt32BE(Math.floor(value / 2 ** 32), this.#at);
    this.#at = this.#bytes.writeUInt32BE((value % 2 ** 32) >>> 0, this.#at);
  }

  float8(value: number | null): void {
    if (value === null) return this.#null();
    this.#size(8);
    this.#at = this.#bytes.writeDoubleBE(value, this.#at);
  }

  #null(): void {
    this.#ensure(4);
    this.#at = this.#bytes.writeInt32BE(-1, this.#at);
  }

  #size(size: number): void {
    this.#ensure(4 + size);
    this.#at = this.#bytes.writeInt32BE(size, this.#at);
  }

  #ensure(more: number): void {
    if (this.#at + more <= this.#bytes.byteLength) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.byteLength * 2, this.#at + more));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

type Column = readonly [name: string, write: (to: RowWriter, record: RequestRecord) => void];

const COLUMNS: readonly Column[] = [
  ['ts', (to, r) => to.int8(microsecondsSince2000(r.timestamp_ms))],
  ['request_id', (to, r) => to.text(r.request_id)],
  ['is_timed', (to, r) => to.bool(isTimedBy(r.request_id, r.timestamp_ms))],
  ['client_id', (to, r) => to.text(r.client_id)],
  ['profile_id', (to, r) => to.text(r.profile_id)],
  ['collection_id', (to, r) => to.text(r.collection_id)],
  ['endpoint_id', (to, r) => to.text(r.endpoint_id)],
  ['environment', (to, r) => to.text(r.environment)],
  ['method', (to, r) => to.text(r.method)],
  ['path', (to, r) => to.text(r.path)],
  ['query', (to, r) => to.text(r.query)],
  ['status', (to, r) => to.int2(r.status)],
  ['outcome', (to, r) => to.text(r.outcome)],
  ['reason', (to, r) => to.text(r.reason ?? null)],
  ['latency_ms', (to, r) => to.float8(r.latency_ms)],
  ['upstream_latency_ms', (to, r) => to.float8(r.upstream_latency_ms)],
  ['client_ip', (to, r) => to.text(r.client_ip)],
  ['user_agent', (to, r) => to.text(r.user_agent)],
  ['request_bytes', (to, r) => to.int8(r.request_bytes)],
  ['response_bytes', (to, r) => to.int8(r.response_bytes)],
  ['request_headers', (to, r) => to.text(JSON.stringify(r.request_headers))],
  ['response_headers', (to, r) => to.text(JSON.stringify(r.response_headers))],
  ['request_body', (to, r) => to.bytes(r.request_body)],
  ['response_body', (to, r) => to.bytes(r.response_body)],
  ['truncated', (to, r) => to.bool(r.truncated)],
  ['source', (to, r) => to.text(r.source)],
  ['portal_email', (to, r) => to.text(r.portal_email)],
  ['node', (to, r) => to.text(r.node)],
  ['sequence', (to, r) => to.int8(r.sequence)],
  ['revision', (to, r) => to.int8(r.revision)],
  ['trace_id', (to, r) => to.text(r.trace_id)],
  ['retention_days', (to, r) => to.int4(r.retention_days)],
];

export const COPY_RECORDS = `COPY logs.records (${COLUMNS.map(([name]) => name).join(', ')}) FROM STDIN (FORMAT binary)`;

/** Signature, no flags, no header extension. */
const HEADER = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex');
const END_OF_ROWS = -1;

/** Throws where a value does not fit its column: numbers out of range. */
export function encodeRows(records: readonly RequestRecord[]): Buffer {
  const to = new RowWriter();
  to.raw(HEADER);
  for (const record of records) {
    to.count(COLUMNS.length);
    for (const [, write] of COLUMNS) write(to, record);
  }
  to.count(END_OF_ROWS);
  return to.finish();
}

const EPOCH_2000_MS = Date.UTC(2000, 0, 1);
const microsecondsSince2000 = (ms: number): number => (ms - EPOCH_2000_MS) * 1000;
