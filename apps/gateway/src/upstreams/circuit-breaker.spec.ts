import { describe, expect, it } from '@jest/globals';
import { CircuitBreaker } from './circuit-breaker.ts';

const SETTINGS = { failure_threshold: 3, window_ms: 1_000, open_ms: 500 };

/** A breaker that was just opened at `atMs`. */
const opened = (atMs: number): CircuitBreaker => {
  const breaker = new CircuitBreaker(SETTINGS);
  for (let failure = 0; failure < 3; failure += 1) breaker.onFailure(atMs);
  return breaker;
};

describe('a circuit breaker', () => {
  it('opens at the threshold, not before', () => {
    const breaker = new CircuitBreaker(SETTINGS);
    breaker.onFailure(0);
    breaker.onFailure(10);
    expect(breaker.mayCall(20)).toBe(true);
    breaker.onFailure(20);
    expect(breaker.mayCall(30)).toBe(false);
  });

  it('forgets failures that left the window', () => {
    const breaker = new CircuitBreaker(SETTINGS);
    breaker.onFailure(0);
    breaker.onFailure(10);
    breaker.onFailure(1_011);
    expect(breaker.kind).toBe('closed');
  });

  it('forgets failures once a call succeeds', () => {
    const breaker = new CircuitBreaker(SETTINGS);
    breaker.onFailure(0);
    breaker.onFailure(1);
    breaker.onSuccess();
    breaker.onFailure(2);
    expect(breaker.kind).toBe('closed');
  });

  it('lets exactly one call try after the open time', () => {
    const breaker = opened(0);
    expect(breaker.mayCall(499)).toBe(false);
    expect(breaker.mayCall(500)).toBe(true);
    breaker.onCall(500);
    expect([breaker.kind, breaker.mayCall(501)]).toEqual(['half_open', false]);
  });

  it('closes when the trial succeeds', () => {
    const breaker = opened(0);
    breaker.onCall(500);
    breaker.onSuccess();
    expect([breaker.kind, breaker.mayCall(501)]).toEqual(['closed', true]);
  });

  it('opens again when the trial fails', () => {
    const breaker = opened(0);
    breaker.onCall(500);
    breaker.onFailure(510);
    expect([breaker.kind, breaker.mayCall(600), breaker.waitMs(600)]).toEqual(['open', false, 410]);
  });

  it('tries again when nobody reported what became of the trial', () => {
    const breaker = opened(0);
    breaker.onCall(500);
    expect(breaker.mayCall(1_000)).toBe(true);
  });

  it('does not mind what calls from before it opened report', () => {
    const breaker = opened(0);
    breaker.onSuccess();
    expect(breaker.kind).toBe('open');
    breaker.onFailure(400);
    expect(breaker.waitMs(400)).toBe(100);
  });
});
