import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sealedSecretSchema, type ConfigMessage } from '@portico/contracts';
import {
  deriveKeyring,
  formatPublicKey,
  loadMasterKey,
  parseGatewayKey,
  parsePublicKey,
} from './keyring.ts';
import { seal, unseal, unsealOrStandIn } from './sealing.ts';
import { signMessage, verifyMessage } from './signing.ts';

const MASTER = 'a master secret for tests';
const keyring = deriveKeyring(MASTER);

describe('the keyring', () => {
  let dataDir = '';
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'portico-keys-'));
  });
  afterAll(() => rmSync(dataDir, { recursive: true }));

  it('derives the same keys from the same secret, and other keys from another', () => {
    const same = deriveKeyring(MASTER);
    const other = deriveKeyring(`${MASTER}!`);
    expect(same.sealing).toEqual(keyring.sealing);
    expect(formatPublicKey(same.signing.publicKey)).toBe(
      formatPublicKey(keyring.signing.publicKey),
    );
    expect(same.logIngestToken).toBe(keyring.logIngestToken);
    expect(other.sealing.id).not.toBe(keyring.sealing.id);
    expect(other.logIngestToken).not.toBe(keyring.logIngestToken);
  });

  it('has no two purposes share a key', () => {
    const keys = [keyring.sealing.key, keyring.portalSourceKey, keyring.gatewayKey].map((key) =>
      Buffer.from(key).toString('base64url'),
    );
    expect(new Set([...keys, keyring.logIngestToken]).size).toBe(4);
  });

  it('gives a hardened node its keys without the master secret', () => {
    const node = parseGatewayKey(Buffer.from(keyring.gatewayKey).toString('base64'));
    expect(node.sealing).toEqual(keyring.sealing);
    expect(node.portalSourceKey).toEqual(keyring.portalSourceKey);
    expect(node).not.toHaveProperty('signing');
  });

  it('refuses a gateway key of another length', () => {
    expect(() => parseGatewayKey(Buffer.alloc(31).toString('base64'))).toThrow('32 bytes');
  });

  it('reads a public key as PEM and as base64, and nothing else', () => {
    const { publicKey } = keyring.signing;
    const pem = publicKey.export({ format: 'pem', type: 'spki' });
    expect(parsePublicKey(pem as string).equals(publicKey)).toBe(true);
    expect(parsePublicKey(formatPublicKey(publicKey)).equals(publicKey)).toBe(true);
    expect(() => parsePublicKey('not a key')).toThrow('PORTICO_CONFIG_PUBLIC_KEY');
  });

  it('creates the master secret once, for its owner only, and reads it ever after', () => {
    const dir = join(dataDir, 'new');
    const secret = loadMasterKey({ dataDir: dir });
    expect(secret.length).toBeGreaterThanOrEqual(43);
    expect(loadMasterKey({ dataDir: dir })).toBe(secret);
    expect(statSync(join(dir, 'encryption.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, 'encryption.key'), 'utf8').trim()).toBe(secret);
  });

  it('prefers the given secret, and refuses a short one wherever it comes from', () => {
    expect(loadMasterKey({ secret: MASTER, dataDir })).toBe(MASTER);
    expect(() => loadMasterKey({ secret: 'too short', dataDir })).toThrow('at least 16');
    writeFileSync(join(dataDir, 'encryption.key'), 'short\n');
    expect(() => loadMasterKey({ dataDir })).toThrow('at least 16');
  });
});

describe('sealing', () => {
  it('gives back what was sealed, in the form the contract names', () => {
    for (const plaintext of ['', 'secret', 'ünïcödé 🔑', 'x'.repeat(10_000)]) {
      const sealed = seal(plaintext, keyring.sealing);
      expect(sealedSecretSchema.safeParse(sealed).success).toBe(true);
      expect(unseal(sealed, keyring.sealing)).toBe(plaintext);
    }
  });

  it('never seals the same text to the same bytes', () => {
    expect(seal('a', keyring.sealing)).not.toBe(seal('a', keyring.sealing));
  });

  it('refuses what was altered in any part, without repeating it', () => {
    const sealed = seal('the secret', keyring.sealing);
    const parts = sealed.split('.');
    const flip = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    for (const index of [2, 3]) {
      const altered = parts.map((part, at) => (at === index ? flip(part) : part)).join('.');
      expect(() => unseal(altered, keyring.sealing)).toThrow('altered');
    }
    for (const broken of ['', 'v1', 'v2.a.b.c', `${sealed}.more`, 'v1.x..']) {
      expect(() => unseal(broken, keyring.sealing)).toThrow('not a sealed secret');
    }
    expect(() => unseal(`v1.${keyring.sealing.id}.AAAA.AAAA`, keyring.sealing)).toThrow('altered');
  });

  it('names the key that is missing', () => {
    const other = deriveKeyring('another master secret').sealing;
    expect(() => unseal(seal('x', other), keyring.sealing)).toThrow(other.id);
    expect(() => unseal(seal('x', other), keyring.sealing, keyring.sealing)).toThrow(other.id);
    const disguised = { id: keyring.sealing.id, key: other.key };
    expect(() => unseal(seal('x', disguised), keyring.sealing)).toThrow('altered');
  });
});

describe('a rotation of keys', () => {
  const before = deriveKeyring('the master secret before');
  const stranger = deriveKeyring('the master secret of somebody else');
  const held = [keyring.sealing, before.sealing];

  it('opens what either key sealed, by the id in the text, and nothing of a third', () => {
    for (const sealing of held) expect(unseal(seal('x', sealing), ...held)).toBe('x');
    expect(() => unseal(seal('x', stranger.sealing), ...held)).toThrow(stranger.sealing.id);
    const disguised = { id: before.sealing.id, key: stranger.sealing.key };
    expect(() => unseal(seal('x', disguised), ...held)).toThrow('altered');
  });

  it('puts what nobody can guess in the place of a secret under a third key, and says so', () => {
    const unknown: string[] = [];
    const open = unsealOrStandIn(held, (keyId) => unknown.push(keyId));
    expect(open(seal('x', before.sealing))).toBe('x');
    expect(unknown).toEqual([]);
    const lost = seal('x', stranger.sealing);
    const [one, two] = [open(lost), open(lost)];
    expect(one).not.toBe(two);
    expect(one.length).toBeGreaterThanOrEqual(64);
    expect(unknown).toEqual([stranger.sealing.id, stranger.sealing.id]);
  });

  it('has no stand-in for what was altered', () => {
    const open = unsealOrStandIn(held, () => undefined);
    const disguised = { id: before.sealing.id, key: stranger.sealing.key };
    expect(() => open(seal('x', disguised))).toThrow('altered');
    expect(() => open('not sealed')).toThrow('not a sealed secret');
  });

  it('takes a signature of either key, and of no third', () => {
    const message: ConfigMessage = { format: 1, key: 'meta', revision: 7, last: true, body: '{}' };
    const keys = [keyring, before].map(({ signing }) => signing.publicKey);
    for (const { signing } of [keyring, before]) {
      expect(verifyMessage(signMessage(message, signing.privateKey), ...keys)).toBe(true);
    }
    const forged = signMessage(message, stranger.signing.privateKey);
    expect(verifyMessage(forged, ...keys)).toBe(false);
    expect(verifyMessage(forged, ...[])).toBe(false);
  });

  it('names the variable that holds no key', () => {
    expect(() => parseGatewayKey('short', 'PORTICO_GATEWAY_KEY_PREVIOUS')).toThrow('_PREVIOUS');
    expect(() => parsePublicKey('x', 'PORTICO_CONFIG_PUBLIC_KEY_PREVIOUS')).toThrow('_PREVIOUS');
  });
});

describe('signing', () => {
  const message: ConfigMessage = {
    format: 1,
    key: 'client.cl_acme',
    revision: 7,
    last: false,
    body: '{"a":1}',
  };
  const { privateKey, publicKey } = keyring.signing;

  it('verifies what was signed', () => {
    expect(verifyMessage(signMessage(message, privateKey), publicKey)).toBe(true);
  });

  it('notices a change of any field, a missing signature and another key', () => {
    const signed = signMessage(message, privateKey);
    const changes: Partial<ConfigMessage>[] = [
      { format: 2 },
      { key: 'client.cl_other' },
      { revision: 8 },
      { last: true },
      { body: '{"a":2}' },
      { body: null },
      { signature: 'AAAA' },
      { signature: '' },
    ];
    for (const change of changes) {
      expect(verifyMessage({ ...signed, ...change }, publicKey)).toBe(false);
    }
    expect(verifyMessage(message, publicKey)).toBe(false);
    const other = deriveKeyring('another master secret').signing;
    expect(verifyMessage(signed, other.publicKey)).toBe(false);
  });

  it('does not take an empty body for a removal', () => {
    const removal = signMessage({ ...message, body: null }, privateKey);
    expect(verifyMessage({ ...removal, body: '' }, publicKey)).toBe(false);
  });
});
