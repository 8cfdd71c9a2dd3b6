/** A batch as it is published, spilled and journaled; its id makes sending it twice harmless. */
export interface EncodedBatch {
  readonly node: string;
  readonly batchId: string;
  readonly payload: Uint8Array;
}
