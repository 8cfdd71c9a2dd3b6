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

  it('from one IPv6 network count together', () => {
    const addresses = Array.from({ length: 4 }, (_, at) => `2001:db8:1:2:${at}:0:0:1`);
    expect(answeredAtOnce(new FailedCredentials(LIMITS), addresses).now).toBe(3);
  });

  it('cannot make us hold back more answers than the limit', () => {
    const answers = answeredAtOnce(
      new FailedCredentials(LIMITS),
      new Array<string>(20).fill('192.0.2.1'),
    );
    expect(answers.now).toBe(18);
  });
});
