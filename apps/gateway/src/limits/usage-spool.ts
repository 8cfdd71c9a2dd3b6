import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { usageDeltaSchema, type UsageDelta } from '@portico/contracts';
import { z } from 'zod';

const contentSchema = z.array(usageDeltaSchema);

/**
 * Usage that could not be stored before the process ended. The deltas keep their numbers, so one that
 * was stored after all, and whose answer was lost, still counts once.
 */
export class UsageSpool {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Empty where there is none. Throws when there is one and it cannot be read. */
  async load(): Promise<UsageDelta[]> {
    const text = await readFile(this.#file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return '[]';
      throw cause;
    });
    return contentSchema.parse(JSON.parse(text));
  }

  async save(deltas: readonly UsageDelta[]): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    // Written beside and renamed: a crash in the middle leaves the file as it was.
    await writeFile(`${this.#file}.new`, JSON.stringify(deltas), { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
  }

  clear(): Promise<void> {
    return rm(this.#file, { force: true });
  }
}
