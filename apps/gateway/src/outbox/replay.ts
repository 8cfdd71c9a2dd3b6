import type { EncodedBatch } from './encoded-batch.ts';

type Named = Pick<EncodedBatch, 'node' | 'batchId'>;

/** Batches on disk that still have to be sent. */
export interface Backlog<T extends Named> {
  oldest(): T | null;
  read(batch: T): Promise<Uint8Array>;
  /** It has arrived. */
  remove(batch: T): Promise<void>;
}

/** Sends them one after the other, oldest first, until one does not get through. */
export async function replay<T extends Named>(
  backlog: Backlog<T>,
  publish: (batch: EncodedBatch) => Promise<boolean>,
): Promise<void> {
  for (let batch = backlog.oldest(); batch !== null; batch = backlog.oldest()) {
    const { node, batchId } = batch;
    const payload = await backlog.read(batch);
    if (!(await publish({ node, batchId, payload }))) return;
    await backlog.remove(batch);
  }
}
