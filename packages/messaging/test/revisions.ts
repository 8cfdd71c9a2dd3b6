import type { KeyObject } from 'node:crypto';
import { CONFIG_FORMAT, type ConfigMessage } from '@portico/contracts';
import { ConfigDigest } from '../src/config/config-digest.ts';
import { signMessage } from '../src/keys/signing.ts';

/** Writes revisions as the control plane does: the parts that changed, then the meta. */
export class Revisions {
  readonly #digest = new ConfigDigest();
  readonly #privateKey: KeyObject;
  readonly state = new Map<string, string>();
  revision = 0;

  constructor(privateKey: KeyObject) {
    this.#privateKey = privateKey;
  }

  next(changes: Readonly<Record<string, string | null>>): ConfigMessage[] {
    this.revision += 1;
    const parts = Object.entries(changes).map(([key, body]) => {
      this.#digest.set(key, body);
      if (body === null) this.state.delete(key);
      else this.state.set(key, body);
      return this.message({ key, body });
    });
    return [...parts, this.meta()];
  }

  /** The whole state once more, under the revision it has. */
  everything(): ConfigMessage[] {
    return [...[...this.state].map(([key, body]) => this.message({ key, body })), this.meta()];
  }

  meta(): ConfigMessage {
    const body = JSON.stringify({
      format: CONFIG_FORMAT,
      revision: this.revision,
      digest: this.#digest.root(),
      keys: this.#digest.size,
      published_at: '2026-11-21T12:00:00.000Z',
    });
    return this.message({ key: 'meta', body, last: true });
  }

  message(fields: Partial<ConfigMessage>): ConfigMessage {
    const message: ConfigMessage = {
      format: CONFIG_FORMAT,
      key: 'client.cl_acme',
      revision: this.revision,
      last: false,
      body: '{}',
      ...fields,
    };
    return signMessage(message, this.#privateKey);
  }
}
