import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';

export interface TestKeyring {
  readonly sealing: { readonly id: string; readonly key: Buffer };
  readonly signing: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly logIngestToken: string;
  readonly portalSourceKey: Buffer;
}

/** A keyring of its own, in the shape that messaging derives from a master key. */
export const testKeyring = (): TestKeyring => ({
  sealing: { id: 'test', key: randomBytes(32) },
  signing: generateKeyPairSync('ed25519'),
  logIngestToken: randomBytes(32).toString('base64url'),
  portalSourceKey: randomBytes(32),
});
