import { Inject, Injectable } from '@nestjs/common';
import { seal, unseal, UnknownSealingKeyError, type SealingKey } from '@portico/messaging';
import type { ControlPlaneConfig } from '../config.ts';
import { ApiError } from '../http/api-error.ts';
import { CONFIG } from '../tokens.ts';
import type { HeldKeys } from './held-keys.ts';

/**
 * Secrets at rest. Two keys: partners' tokens under one that gateways never hold (they need digests
 * only), and what gateways must read (HMAC and upstream secrets) under theirs, so that the stored text
 * is also the published text and compiling a resource twice gives the same bytes. While the master
 * secret is being changed there are two of each: either opens, the present one seals.
 */
@Injectable()
export class Vault {
  private readonly present: HeldKeys;
  private readonly previous: HeldKeys | null;

  constructor(@Inject(CONFIG) config: Pick<ControlPlaneConfig, keyof HeldKeys | 'previousKeys'>) {
    this.present = { keyring: config.keyring, vaultKey: config.vaultKey };
    this.previous = config.previousKeys;
  }

  readonly sealToken = (token: string): Sealed => sealWith(token, this.present.vaultKey);
  readonly openToken = (sealed: string): string =>
    open(
      sealed,
      this.eachOf(({ vaultKey }) => vaultKey),
    );

  readonly sealForGateways = (secret: string): Sealed =>
    sealWith(secret, this.present.keyring.sealing);
  readonly openForGateways = (sealed: string): string =>
    open(
      sealed,
      this.eachOf(({ keyring }) => keyring.sealing),
    );

  /** Ids of what seals now. */
  get presentKeyIds(): readonly string[] {
    return idsOf(this.present);
  }

  /** Ids of what should seal nothing any more; none but while the master secret is being changed. */
  get previousKeyIds(): readonly string[] {
    // The same secret given twice is no rotation.
    return idsOf(this.previous).filter((id) => !this.presentKeyIds.includes(id));
  }

  /** The same secret under the present key of its kind. Throws when it was altered. */
  reseal(sealed: string): Sealed {
    const { vaultKey } = this.previous ?? this.present;
    return sealed.startsWith(`v1.${vaultKey.id}.`)
      ? this.sealToken(this.openToken(sealed))
      : this.sealForGateways(this.openForGateways(sealed));
  }

  private eachOf(keyOf: (held: HeldKeys) => SealingKey): SealingKey[] {
    return [this.present, ...(this.previous === null ? [] : [this.previous])].map(keyOf);
  }
}

export interface Sealed {
  readonly sealed: string;
  readonly key_id: string;
}

const sealWith = (plaintext: string, key: SealingKey): Sealed => ({
  sealed: seal(plaintext, key),
  key_id: key.id,
});

const idsOf = (held: HeldKeys | null): readonly string[] =>
  held === null ? [] : [held.vaultKey.id, held.keyring.sealing.id];

function open(sealed: string, keys: readonly SealingKey[]): string {
  try {
    return unseal(sealed, ...keys);
  } catch (cause) {
    if (!(cause instanceof UnknownSealingKeyError)) throw cause;
    throw new ApiError('secret_unreadable', { cause });
  }
}
