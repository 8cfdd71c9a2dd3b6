import { describe, expect, it } from '@jest/globals';
import { firstCallSteps, isLive } from './first-call-steps.ts';
import type { StepId } from './first-call-steps.ts';

const doneOf = (...args: Parameters<typeof firstCallSteps>): StepId[] =>
  firstCallSteps(...args).flatMap(({ id, isDone }) => (isDone ? [id] : []));

const fromPortal = { source: 'portal', outcome: 'forwarded', status: 200 } as const;
const fromTheirSystem = { source: 'gateway', outcome: 'forwarded', status: 201 } as const;

describe('firstCallSteps', () => {
  it('somebody who just arrived has signed in, nothing more', () => {
    expect(doneOf([], [])).toEqual(['signed-in']);
  });

  it('a successful Send ticks the try step and no other', () => {
    expect(doneOf([fromPortal], [])).toEqual(['signed-in', 'tried']);
  });

  it('a refused call is not a first call', () => {
    const refused = { source: 'gateway', outcome: 'invalid_credential', status: 401 } as const;
    expect(doneOf([refused], [])).toEqual(['signed-in']);
  });

  it('an answer of the API that is an error is not a first call either', () => {
    expect(doneOf([{ ...fromTheirSystem, status: 500 }], [])).toEqual(['signed-in']);
  });

  it('a call from their own system proves that the headers were copied', () => {
    expect(doneOf([fromTheirSystem], [])).toEqual(['signed-in', 'headers-copied', 'called']);
  });

  it('a step once done stays done when its call has scrolled away', () => {
    expect(doneOf([], ['headers-copied', 'tried', 'called'])).toEqual([
      'signed-in',
      'headers-copied',
      'tried',
      'called',
    ]);
  });

  it('a client is live with the call from its own system, tried here or not', () => {
    expect(isLive(firstCallSteps([fromTheirSystem], []))).toBe(true);
    expect(isLive(firstCallSteps([fromPortal], ['headers-copied']))).toBe(false);
  });
});
