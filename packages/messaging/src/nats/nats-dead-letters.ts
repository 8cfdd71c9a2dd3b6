import { headers } from '@nats-io/transport-node';
import type { JsMsg } from '@nats-io/jetstream';
import { NATS } from '@portico/contracts';
import type { DeadLetters, ParkedBatch } from '../ports.ts';
import type { NatsLink } from './nats-link.ts';
import {
  clientOf,
  deadLetterStream,
  ensureStream,
  isMissing,
  managerOf,
  readStream,
} from './nats-streams.ts';

const BATCH_ID_HEADER = 'Portico-Batch-Id';
const REASON_HEADER = 'Portico-Reason';
const REASON_CHARS_MAX = 500;

const SUBJECT_OF: Readonly<Record<ParkedBatch['from'], string>> = {
  logs: NATS.deadLetterSubject,
  usage: NATS.usageDeadLetterSubject,
};

/** The stream of batches nobody could store; each says why, and is there to be looked at. */
export class NatsDeadLetters implements DeadLetters {
  readonly #link: NatsLink;
  readonly #stream: ReturnType<typeof deadLetterStream>;

  constructor(link: NatsLink, limits: { bytesMax: number; replicas: number }) {
    this.#link = link;
    this.#stream = deadLetterStream({
      name: NATS.deadLetterStream,
      subjects: Object.values(SUBJECT_OF),
      ...limits,
    });
  }

  async add(batch: ParkedBatch): Promise<void> {
    const connection = this.#link.connected();
    await ensureStream(await managerOf(connection), this.#stream);
    const head = headers();
    head.set(BATCH_ID_HEADER, batch.batchId);
    // A line break would end the header.
    head.set(REASON_HEADER, batch.reason.replace(/\s+/g, ' ').slice(0, REASON_CHARS_MAX));
    await clientOf(connection).publish(SUBJECT_OF[batch.from], batch.payload, {
      msgID: `parked-${batch.from}-${batch.batchId}`,
      headers: head,
    });
  }

  async list(limit: number): Promise<readonly ParkedBatch[]> {
    const parked: ParkedBatch[] = [];
    if (limit < 1) return parked;
    try {
      await readStream(this.#link.connected(), NATS.deadLetterStream, (message) => {
        if (parked.length < limit) parked.push(toParkedBatch(message));
        return parked.length < limit ? 'more' : 'enough';
      });
    } catch (err) {
      if (!isMissing(err)) throw err;
    }
    return parked;
  }
}

const toParkedBatch = (message: JsMsg): ParkedBatch => ({
  batchId: message.headers?.get(BATCH_ID_HEADER) ?? '',
  from: message.subject === SUBJECT_OF.usage ? 'usage' : 'logs',
  reason: message.headers?.get(REASON_HEADER) ?? '',
  payload: message.data,
});
