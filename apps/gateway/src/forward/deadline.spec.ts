import { describe, expect, it } from '@jest/globals';
import { eventually } from '@portico/testkit';
import { Deadline } from './deadline.ts';
import type { DeadlinePhase } from './deadline.ts';

const watch = (totalMs: number) => {
  const expired: DeadlinePhase[] = [];
  const owner = { onDeadline: (phase: DeadlinePhase) => void expired.push(phase) };
  return { deadline: new Deadline(totalMs, owner), expired };
};

describe('a deadline', () => {
  it('says in which phase time ran out', async () => {
    const { deadline, expired } = watch(60_000);
    deadline.enter('headers_timeout', 20);
    deadline.enter('idle_timeout', 20);
    await eventually(() => expired.length === 1);
    expect(expired).toEqual(['idle_timeout']);
  });

  it('ends a call that makes progress for ever', async () => {
    // Each phase longer than a busy machine stands still: that would not be progress.
    const { deadline, expired } = watch(1_500);
    deadline.enter('idle_timeout', 1_000);
    await eventually(() => {
      if (expired.length === 0) deadline.progress();
      return expired.length === 1;
    });
    expect(expired).toEqual(['total_timeout']);
  });

  it('cuts a phase that would outlast the whole', async () => {
    const { deadline, expired } = watch(20);
    deadline.enter('headers_timeout', 60_000);
    await eventually(() => expired.length === 1);
    expect(expired).toEqual(['total_timeout']);
  });

  it('that was stopped says nothing', async () => {
    const { deadline, expired } = watch(60_000);
    const other = watch(60_000);
    deadline.enter('headers_timeout', 5);
    other.deadline.enter('headers_timeout', 30);
    deadline.stop();
    await eventually(() => other.expired.length === 1);
    expect(expired).toEqual([]);
  });
});
