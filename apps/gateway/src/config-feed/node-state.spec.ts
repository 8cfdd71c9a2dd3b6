import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLogger } from '@portico/telemetry';
import { aClient, aCollection, aPolicy } from '@portico/testkit';
import { NodeState } from './node-state.ts';

const GOOD: readonly (readonly [string, string])[] = [
  ['policy.pol_standard', JSON.stringify(aPolicy())],
  ['collection.coll_orders', JSON.stringify(aCollection())],
  ['client.cl_acme', JSON.stringify(aClient({ policy_id: 'pol_standard' }))],
];

const change = (revision: number, values: Iterable<readonly [string, string | null]>) => ({
  revision,
  complete: false,
  publishedAtMs: 0,
  values: new Map(values),
});

function aState() {
  let applied = 0;
  const state = new NodeState({
    material: {
      unseal: () => {
        throw new Error('no key');
      },
    },
    logger: createLogger({ service: 'test', level: 'silent' }),
    nowMs: () => 5,
    onApplied: () => (applied += 1),
    onRefused: () => undefined,
  });
  state.onRevision(change(1, GOOD));
  return { state, applied: () => applied };
}

describe('the state of a node', () => {
  it('is the whole revision or the one before, whatever arrives', () => {
    const resource = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom(...GOOD.map(([, text]) => text)),
      // One field of something good, broken.
      fc.tuple(fc.constantFrom(...GOOD), fc.jsonValue(), fc.nat()).map(([[, text], value, at]) => {
        const object = JSON.parse(text) as Record<string, unknown>;
        const names = Object.keys(object);
        return JSON.stringify({ ...object, [names[at % names.length] ?? '']: value });
      }),
    );
    const key = fc.constantFrom(
      ...GOOD.map(([name]) => name),
      'client.cl_x',
      'meta',
      'what.is_this',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.option(resource))), (values) => {
        const { state, applied } = aState();
        const before = state.index;
        let wasRefused = false;
        try {
          state.onRevision(change(2, values));
        } catch {
          wasRefused = true;
        }
        expect(applied()).toBe(wasRefused ? 1 : 2);
        expect(state.staleReason !== null).toBe(wasRefused);
        if (wasRefused) expect(state.index).toBe(before);
        else expect(state.revision).toBe(2);
      }),
      { numRuns: 500 },
    );
  });

  it('is stale after a fault, and not any more after the next good revision', () => {
    const { state } = aState();
    state.onFault({ kind: 'digest_mismatch', revision: 2 });
    expect(state.staleReason).not.toBeNull();
    state.onFault({ kind: 'reconnected' });
    expect(state.staleReason).not.toBeNull();
    state.onRevision(change(2, []));
    expect(state.staleReason).toBeNull();
  });

  it('is stale after a fault no longer than until its revision is said to be the newest', () => {
    const { state, applied } = aState();
    state.onFault({ kind: 'bad_signature', key: 'client.cl_acme' });
    state.onCurrent(2);
    expect(state.staleReason).not.toBeNull();
    state.onCurrent(1);
    expect(state.staleReason).toBeNull();
    expect(applied()).toBe(1);
  });

  it('stays stale after a refused revision, whatever is said of the one it kept', () => {
    const { state } = aState();
    expect(() => state.onRevision(change(2, [['client.cl_acme', '{}']]))).toThrow();
    state.onCurrent(2);
    expect(state.staleReason).not.toBeNull();
  });

  it('is stale while the feed is away, and no longer', () => {
    const { state } = aState();
    state.onFault({ kind: 'disconnected' });
    expect(state.staleReason).not.toBeNull();
    state.onFault({ kind: 'reconnected' });
    expect(state.staleReason).toBeNull();
  });
});
