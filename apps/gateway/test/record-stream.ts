import type { LossMarker, RecordBatch, RequestRecord } from '@portico/contracts';
import { decodeBatch } from '@portico/messaging';
import type { RecordPublisher } from '@portico/messaging';

export const aRecord = (over: Partial<RequestRecord> = {}): RequestRecord => ({
  request_id: 'req_1',
  timestamp_ms: 1,
  client_id: 'cl_acme',
  profile_id: null,
  collection_id: null,
  endpoint_id: null,
  environment: null,
  method: 'GET',
  path: '/',
  query: '',
  status: 200,
  outcome: 'forwarded',
  reason: null,
  latency_ms: 1,
  upstream_latency_ms: null,
  client_ip: '127.0.0.1',
  user_agent: null,
  request_bytes: 0,
  response_bytes: 0,
  request_headers: [],
  response_headers: [],
  request_body: null,
  response_body: null,
  truncated: false,
  source: 'gateway',
  portal_email: null,
  node: 'n',
  sequence: 0,
  revision: 1,
  trace_id: null,
  retention_days: 1,
  ...over,
});

/** A record stream that can go away, come back, and forget to say that it stored a batch. */
export class Stream implements RecordPublisher {
  readonly batches = new Map<string, RecordBatch>();
  isAway = false;
  losesAnswers = 0;
  publishes = 0;

  async publish(_node: string, batchId: string, payload: Uint8Array): Promise<void> {
    this.publishes += 1;
    if (this.isAway) throw new Error('the stream is away');
    // The stream drops a batch whose id it has: that is what message ids are for.
    if (!this.batches.has(batchId)) this.batches.set(batchId, await decodeBatch(payload));
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      throw new Error('no answer in time');
    }
  }

  get records(): RequestRecord[] {
    return [...this.batches.values()].flatMap((batch) => batch.records);
  }

  get losses(): LossMarker[] {
    return [...this.batches.values()].flatMap(({ losses }) => losses);
  }

  get lost(): number {
    return this.losses.reduce((sum, it) => sum + it.lost, 0);
  }

  sequences(): number[] {
    return this.records.map(({ sequence }) => sequence).sort((a, b) => a - b);
  }
}
