import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { aToken, sha256 } from '@portico/testkit';
import { isWellFormedToken, mintToken, tokenDigest } from './token.ts';

describe('tokens', () => {
  it('are portico_tok_ and 40 base62 characters, each different', () => {
    const minted = new Set(Array.from({ length: 500 }, () => mintToken(randomBytes)));
    expect(minted.size).toBe(500);
    for (const token of minted) {
      expect(token).toMatch(/^portico_tok_[0-9A-Za-z]{40}$/);
      expect(isWellFormedToken(token)).toBe(true);
    }
  });

  it('use every letter of the alphabet about equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2000; i++) {
      for (const char of mintToken(randomBytes).slice(12, 46)) {
        counts.set(char, (counts.get(char) ?? 0) + 1);
      }
    }
    const expected = (2000 * 34) / 62;
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(260);
  });

  it('carry the CRC-32 of all that comes before, in six base62 characters', () => {
    const zeros = mintToken((size) => new Uint8Array(size));
    const body = `portico_tok_${'0'.repeat(34)}`;
    let rest = crc32(body);
    let checksum = '';
    for (let i = 0; i < 6; i++) {
      checksum =
        '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'[rest % 62] + checksum;
      rest = Math.floor(rest / 62);
    }
    expect(zeros).toBe(body + checksum);
    expect(isWellFormedToken(aToken('a token made by other code'))).toBe(true);
  });

  it('show every single mistyped character', () => {
    const token = aToken('typo');
    fc.assert(
      fc.property(fc.nat(39), fc.constantFrom(...'azAZ09-_ '), (at, char) => {
        const typed = token.slice(0, 12 + at) + char + token.slice(13 + at);
        expect(isWellFormedToken(typed)).toBe(typed === token);
      }),
    );
  });

  it('are not mistaken for anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(isWellFormedToken(text)).toBe(false)));
    expect(isWellFormedToken(`${aToken('x')}0`)).toBe(false);
    expect(isWellFormedToken(` ${aToken('x')}`)).toBe(false);
  });

  it('are known to gateways by the SHA-256 of their whole text', () => {
    expect(tokenDigest(aToken('x'))).toBe(sha256(aToken('x')));
  });
});
