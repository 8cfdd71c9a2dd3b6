import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SpilledBatch {
  readonly name: string;
  readonly batchId: string;
  readonly node: string;
}

const SUFFIX = '.batch';

/**
 * Encoded batches on disk while the stream is away, oldest first, bounded in bytes. The file name
 * says it all (`<order>~<node>~<batch id>.batch`), so a later process can send what an earlier one
 * could not; batch ids make sending twice harmless.
 */
export class Spill {
  readonly #directory: string;
  readonly #bytesMax: number;
  readonly #sizeByName = new Map<string, number>();
  #bytes = 0;
  #order = 0;

  private constructor(directory: string, bytesMax: number) {
    this.#directory = directory;
    this.#bytesMax = bytesMax;
  }

  static async open(directory: string, bytesMax: number): Promise<Spill> {
    const spill = new Spill(directory, bytesMax);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of (await readdir(directory)).filter((it) => it.endsWith(SUFFIX)).sort()) {
      spill.#remember(name, (await stat(join(directory, name))).size);
    }
    return spill;
  }

  get isEmpty(): boolean {
    return this.#sizeByName.size === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False when the batch does not fit, or the disk refuses: it is still the caller's. */
  async put(node: string, batchId: string, payload: Uint8Array): Promise<boolean> {
    if (this.#bytes + payload.length > this.#bytesMax) return false;
    this.#order = Math.max(this.#order + 1, Date.now() * 1_000);
    const name = `${this.#order}~${encodeURIComponent(node)}~${encodeURIComponent(batchId)}${SUFFIX}`;
    const path = join(this.#directory, name);
    this.#remember(name, payload.length);
    try {
      // Renamed into place: a crash half-way leaves no batch that cannot be read.
      await writeFile(`${path}.part`, payload, { mode: 0o600 });
      await rename(`${path}.part`, path);
      return true;
    } catch {
      this.#forget(name);
      return false;
    }
  }

  oldest(): SpilledBatch | null {
    const name = this.#sizeByName.keys().next().value;
    if (name === undefined) return null;
    const [, node = '', batchId = ''] = name.slice(0, -SUFFIX.length).split('~');
    return { name, node: decodeURIComponent(node), batchId: decodeURIComponent(batchId) };
  }

  read(batch: SpilledBatch): Promise<Uint8Array> {
    return readFile(join(this.#directory, batch.name));
  }

  async remove(batch: SpilledBatch): Promise<void> {
    this.#forget(batch.name);
    await rm(join(this.#directory, batch.name), { force: true });
  }

  #remember(name: string, bytes: number): void {
    this.#sizeByName.set(name, bytes);
    this.#bytes += bytes;
  }

  #forget(name: string): void {
    this.#bytes -= this.#sizeByName.get(name) ?? 0;
    this.#sizeByName.delete(name);
  }
}
