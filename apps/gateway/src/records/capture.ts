/**
 * A bounded tee: copies the first bytes of a body and lets the rest go by. Copies, because a slice
 * would keep the whole network buffer behind it alive until the record is shipped.
 */
export class Capture {
  readonly #bytesMax: number;
  readonly #parts: Buffer<ArrayBuffer>[] = [];
  #kept = 0;
  #seen = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(chunk: Uint8Array): void {
    this.#seen += chunk.length;
    const room = this.#bytesMax - this.#kept;
    if (room <= 0 || chunk.length === 0) return;
    const part = Buffer.from(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.#kept += part.length;
    this.#parts.push(part);
  }

  get isTruncated(): boolean {
    return this.#seen > this.#kept;
  }

  bytes(): Buffer<ArrayBuffer> {
    const [first] = this.#parts;
    return this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
  }
}
