import { Inject, Injectable } from '@nestjs/common';
import { seal, unseal, type SealingKey } from '@portico/messaging';
import type { ControlPlaneConfig } from '../config.ts';
import { CONFIG } from '../tokens.ts';

/**
 * Secrets at rest. Two keys: partners' tokens under one that gateways never hold (they need digests
 * only), and what gateways must read (HMAC and upstream secrets) under theirs, so that the stored text
 * is also the published text and compiling a resource twice gives the same bytes.
 */
@Injectable()
export class Vault {
  private readonly own: SealingKey;
  private readonly gateways: SealingKey;

  constructor(@Inject(CONFIG) config: ControlPlaneConfig) {
    this.own = config.vaultKey;
    this.gateways = config.keyring.sealing;
  }

  readonly sealToken = (token: string): Sealed => this.sealWith(token, this.own);
  readonly openToken = (sealed: string): string => unseal(sealed, this.own);

  readonly sealForGateways = (secret: string): Sealed => this.sealWith(secret, this.gateways);
  readonly openForGateways = (sealed: string): string => unseal(sealed, this.gateways);

  private sealWith(plaintext: string, key: SealingKey): Sealed {
    return { sealed: seal(plaintext, key), key_id: key.id };
  }
}

export interface Sealed {
  readonly sealed: string;
  readonly key_id: string;
}
