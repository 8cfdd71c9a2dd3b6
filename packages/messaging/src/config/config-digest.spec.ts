import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigDigest } from './config-digest.ts';

const key = fc
  .tuple(fc.constantFrom('client.cl_', 'policy.pol_'), fc.integer({ min: 0, max: 40 }))
  .map(([prefix, number]) => `${prefix}${number}`);
const change = fc.tuple(key, fc.option(fc.string({ maxLength: 3 })));

const digestOf = (pairs: Iterable<readonly [string, string]>): ConfigDigest => {
  const digest = new ConfigDigest();
  for (const [name, body] of pairs) digest.set(name, body);
  return digest;
};

describe('the config digest', () => {
  it('is after any changes what it would be from scratch, in any order', () => {
    fc.assert(
      fc.property(fc.array(change), fc.func(fc.integer()), (changes, rank) => {
        const digest = new ConfigDigest();
        const state = new Map<string, string>();
        for (const [index, [name, body]] of changes.entries()) {
          digest.set(name, body);
          if (body === null) state.delete(name);
          else state.set(name, body);
          // Reading in between must not change what comes out.
          if (index % 3 === 0) digest.root();
        }
        const shuffled = [...state].sort(([left], [right]) => rank(left) - rank(right));
        const scratch = digestOf(shuffled);
        expect(digest.root()).toBe(scratch.root());
        expect(digest.size).toBe(state.size);
        for (const [name, body] of state) expect(digest.holds(name, body)).toBe(true);
      }),
    );
  });

  it('differs whenever the state does', () => {
    const pairs = fc.dictionary(key, fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(pairs, pairs, (left, right) => {
        const same =
          digestOf(Object.entries(left)).root() === digestOf(Object.entries(right)).root();
        const sorted = (state: Record<string, string>): unknown => Object.entries(state).sort();
        expect(same).toBe(JSON.stringify(sorted(left)) === JSON.stringify(sorted(right)));
      }),
    );
  });

  it('does not let a body pass for a key, or one pair for two', () => {
    const one = digestOf([['client.a', 'x\nclient.b\ny']]);
    const two = digestOf([
      ['client.a', 'x'],
      ['client.b', 'y'],
    ]);
    expect(one.root()).not.toBe(two.root());
  });

  it('is the digest that other implementations can compute from its description', () => {
    const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();
    const buckets = Array.from({ length: 1024 }, () => '');
    const bucket = sha256('client.cl_acme').readUInt32BE(0) % 1024;
    buckets[bucket] = `client.cl_acme\n${sha256('{"a":1}').toString('base64')}\n`;
    const root = sha256(Buffer.concat(buckets.map((text) => sha256(text))));
    expect(digestOf([['client.cl_acme', '{"a":1}']]).root()).toBe(root.toString('hex'));
  });
});
