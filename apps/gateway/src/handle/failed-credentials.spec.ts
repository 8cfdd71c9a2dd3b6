import { describe, expect, it } from '@jest/globals';
import { eventually } from '@portico/testkit';
import { FailedCredentials } from './failed-credentials.ts';

const LIMITS = { max: 3, windowMs: 1_000, delayMs: 30, delayedMax: 2 };

/** How many of these failures were answered at once. */
const answeredAtOnce = (failed: FailedCredentials, addresses: readonly string[], nowMs = 0) => {
  let answered = 0;
  for (const address of addresses) failed.onFailure(address, nowMs, () => (answered += 1));
  return { now: answered, all: () => answered };
};

describe('wrong credentials', () => {
  it('slow their source down after the limit, and are still answered', async () => {
    const answers = answeredAtOnce(
      new FailedCredentials(LIMITS),
      new Array<string>(5).fill('192.0.2.1'),
    );
    expect(answers.now).toBe(3);
    await eventually(() => answers.all() === 5);
  });

  it('slow nobody else', () => {
    const failed = new FailedCredentials(LIMITS);
    answeredAtOnce(failed, new Array<string>(5).fill('192.0.2.1'));
    expect(answeredAtOnce(failed, ['192.0.2.2']).now).toBe(1);
  });

  it('are forgotten after the window', () => {
    const failed = new FailedCredentials(LIMITS);
    answeredAtOnce(failed, new Array<string>(5).fill('192.0.2.1'));
    expect(answeredAtOnce(failed, ['192.0.2.1'], 1_000).now).toBe(1);
  });

  it.each([
    { network: '2001:db8:1:2::/64', own: (at: number) => `2001:db8:1:2:${at}:5:0:1` },
    { network: '2001:db8:1:2::/64, short', own: (at: number) => `2001:db8:1:2::${at}` },
    { network: '2001:db8::/64', own: (at: number) => `2001:db8::${at}:5:0:1` },
    { network: '2001:db8::/64, short', own: (at: number) => `2001:db8::${at}` },
  ])('from one IPv6 network count together: $network', ({ own }) => {
    const failed = new FailedCredentials(LIMITS);
    expect(answeredAtOnce(failed, [1, 2, 3, 4].map(own)).now).toBe(3);
    for (const elsewhere of ['2001:db8:1:3::1', '2001:db8:0:1:0:5:0:1', '2001:db8::1:1:5:0:1'])
      expect(answeredAtOnce(failed, [elsewhere]).now).toBe(1);
  });

  it('of a network of which `::` leaves out one part only are not mixed with its neighbours', () => {
    const addresses = [1, 2, 3, 4].map((at) => `2001::${at}:4:5:6:7:8`);
    expect(answeredAtOnce(new FailedCredentials(LIMITS), addresses).now).toBe(4);
  });

  it('are remembered of a bounded number of sources: the oldest goes first', () => {
    const failed = new FailedCredentials({ ...LIMITS, delayMs: 1, delayedMax: 10 });
    const guesser = new Array<string>(4).fill('192.0.2.1');
    expect(answeredAtOnce(failed, guesser).now).toBe(3);
    const others = (count: number) =>
      Array.from({ length: count }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
    answeredAtOnce(failed, others(49_999));
    expect(answeredAtOnce(failed, ['192.0.2.1']).now).toBe(0);
    answeredAtOnce(failed, ['10.255.0.0']);
    expect(answeredAtOnce(failed, ['192.0.2.1']).now).toBe(1);
  });

  it('cannot make us hold back more answers than the limit', () => {
    const answers = answeredAtOnce(
      new FailedCredentials(LIMITS),
      new Array<string>(20).fill('192.0.2.1'),
    );
    expect(answers.now).toBe(18);
  });
});
