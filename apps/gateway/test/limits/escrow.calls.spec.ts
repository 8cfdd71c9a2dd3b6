import { describe, expect, it } from '@jest/globals';
import type { Leased } from '../../src/limits/authority.ts';
import { InProcessAuthority } from '../../src/limits/in-process-authority.ts';
import { HandAuthority, LoneNode } from './lone-node.ts';
import { limited } from './scenario.ts';

const AUTHORITY_MS = Date.parse('2026-11-21T10:00:00Z');
const leased = (over: Partial<Leased>): Leased => ({
  kind: 'leased',
  ...{ epoch: 'e1', nowMs: AUTHORITY_MS, granted: 0, remaining: 50, activeNodes: 1, retryAtMs: 0 },
  ...{ outstanding: 0, quotaUsed: 0, isQuotaSeeded: true, isRebuilding: false },
  windows: [{ used: 0, emptyAtMs: AUTHORITY_MS }],
  ...over,
});

describe('a lease', () => {
  it('lives from when it was asked for, however late its answer is read', async () => {
    const given = limited(100, { mode: 'strict' });
    const authority = new HandAuthority();
    const node = new LoneNode(authority);
    await node.settle();
    node.take(given);
    await node.settle();
    node.standStill(2_000);
    authority.calls[0]?.answer(leased({ granted: 50, outstanding: 50 }));
    await node.settle();
    expect(node.take(given)).toBe('granted');
    // Three seconds after it was asked for, the authority counts it as used.
    node.standStill(1_000);
    expect(node.take(given)).not.toBe('granted');
  });
});

describe('what was admitted unreserved', () => {
  it('is made up for by what a report told of it, and by no more', async () => {
    const given = limited(10_000);
    const authority = new HandAuthority();
    const node = new LoneNode(authority);
    await node.settle();
    expect(node.takeUpTo(10, given)).toBe(10);
    await node.settle();
    expect(node.takeUpTo(60, given)).toBe(60);
    authority.calls[0]?.fail(new Error('lost'));
    await node.settle();
    expect(node.takeUpTo(1, given)).toBe(1);
    await node.settle();
    // Sent again as it was: the ten. Of 1 %, which is a hundred, the other 61 are still taken.
    expect(authority.calls[1]?.request.report?.uses.map(([, count]) => count)).toEqual([10]);
    const windows = [{ used: 10, emptyAtMs: AUTHORITY_MS + 10_000 }];
    authority.calls[1]?.answer(leased({ remaining: 9_000, outstanding: 61, windows }));
    await node.settle();
    expect(node.takeUpTo(200, given)).toBe(39);
  });
});

describe('a limit of which little is left', () => {
  it('is told to the other nodes, once in half a second however often it is seen', async () => {
    const given = limited(10, { mode: 'strict' });
    const node = new LoneNode((nowMs) => {
      const authority = new InProcessAuthority(nowMs);
      void authority.epoch('');
      return authority;
    });
    await node.pass(1_000);
    const hintsBy: number[] = [];
    for (let call = 0; call < 20; call += 1) {
      node.take(given);
      await node.pass(20);
      hintsBy.push(node.hints.length);
    }
    expect([hintsBy[0], hintsBy.at(-1)]).toEqual([0, 1]);
    expect(node.hints).toEqual(['client:cl_acme']);
  });
});

describe('an authority that loses its state twice', () => {
  it('is told what the node used, though it was being told when it lost it again', async () => {
    const authority = new HandAuthority();
    const node = new LoneNode(authority);
    await node.settle();
    node.take(limited(10_000));
    const notice = async (epoch: string) => {
      authority.epochNow = epoch;
      for (let ms = 0; ms < 1_000 && authority.epochTold !== epoch; ms += 1) await node.pass(1);
    };
    const restored = () => authority.restores.map(({ epoch }) => epoch);
    await notice('e2');
    await node.pass(50);
    expect(restored()).toEqual(['e2']);
    await notice('e3');
    authority.restores[0]?.done();
    await node.pass(50);
    expect(restored()).toEqual(['e2', 'e3']);
  });
});
