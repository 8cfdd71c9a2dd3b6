import { createHash, hkdfSync } from 'node:crypto';
import { deriveKeyring, type Keyring, type SealingKey } from '@portico/messaging';

/** What the control plane derives from one master secret. */
export interface HeldKeys {
  readonly keyring: Keyring;
  /** Seals what only the control plane may read: partners' tokens, webhook secrets. */
  readonly vaultKey: SealingKey;
}

export function heldKeys(master: string): HeldKeys {
  const key = new Uint8Array(hkdfSync('sha256', master, 'portico', 'portico/v1/vault', 32));
  const id = createHash('sha256').update(key).digest('hex').slice(0, 8);
  return { keyring: deriveKeyring(master), vaultKey: { id, key } };
}

/** Accepted beside the present ones while the master secret is being changed; `null` otherwise. */
export interface WithPrevious extends HeldKeys {
  readonly previousKeys: HeldKeys | null;
}

/** Opens what gateways may read: the present key first. */
export const gatewaySealingKeys = ({
  keyring,
  previousKeys,
}: Pick<WithPrevious, 'keyring' | 'previousKeys'>): readonly SealingKey[] =>
  [keyring, previousKeys?.keyring].flatMap((held) => (held === undefined ? [] : [held.sealing]));
