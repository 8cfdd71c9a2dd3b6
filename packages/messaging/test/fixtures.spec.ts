import { describe, expect, it } from '@jest/globals';
import type { ConfigMessage } from '@portico/contracts';
import { readFileSync } from 'node:fs';
import {
  decodeBatch,
  decodeUsageDelta,
  deriveKeyring,
  RevisionAssembler,
  unseal,
  verifyMessage,
} from '../src/index.ts';

const file = (name: string) =>
  readFileSync(new URL(`../../contracts/fixtures/v1/${name}`, import.meta.url));
const json = (name: string): unknown => JSON.parse(file(name).toString('utf8'));

const keyring = deriveKeyring('frozen fixtures only, never a real key');
const messages = json('config-messages.json') as ConfigMessage[];
/** As in the file: bytes in base64. JSON.stringify asks a Buffer for its own form before it asks us. */
const asJson = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
    isBuffer(part) ? { base64: Buffer.from(part.data).toString('base64') } : part,
  );

const isBuffer = (part: unknown): part is { data: number[] } =>
  typeof part === 'object' && part !== null && 'type' in part && part.type === 'Buffer';

describe('bytes that were written under format 1', () => {
  it('decode to the frozen record batch', async () => {
    expect(asJson(await decodeBatch(file('record-batch.bin')))).toEqual(json('record-batch.json'));
  });

  it('decode to the frozen usage delta', async () => {
    expect(await decodeUsageDelta(file('usage-delta.bin'))).toEqual(json('usage-delta.json'));
  });

  it('verify under the keys that the same master secret still gives', () => {
    const { publicKey } = keyring.signing;
    expect(messages.map((message) => verifyMessage(message, publicKey))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('open under the sealing key that the same master secret still gives', () => {
    const sealed = /v1\.[\w-]+\.[\w-]+\.[\w-]+/.exec(messages[0]!.body!)![0];
    expect(unseal(sealed, keyring.sealing).toString()).toBe('upstream-secret');
  });

  it('assemble to the frozen revision, its digest included', () => {
    const assembler = new RevisionAssembler((message) =>
      verifyMessage(message, keyring.signing.publicKey),
    );
    assembler.beginReplay();
    for (const message of messages) assembler.accept(message.key, JSON.stringify(message));
    expect(assembler.endReplay()).toMatchObject({ kind: 'revision', change: { revision: 7 } });
  });
});
