import { GATEWAY_FAILURES } from '@portico/contracts';
import { describe, expect, it } from '@jest/globals';
import { explain } from './explain.ts';
import { readRefusal } from './read-refusal.ts';

it.each(Object.keys(GATEWAY_FAILURES))('%s says which check failed and what to do', (code) => {
  const { check, advice } = explain(code)!;
  expect(check.length).toBeGreaterThan(10);
  expect(advice).toMatch(/\.$/);
});

it('words that are no code explain nothing, not even "constructor"', () => {
  expect(explain('out_of_stock')).toBeUndefined();
  expect(explain('constructor')).toBeUndefined();
});

describe('readRefusal', () => {
  const answer = (body: unknown, status = 400) => ({
    status,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    body_encoding: 'utf8' as const,
    request_id: 'req_1',
  });
  const refusal = {
    error: 'invalid_request',
    message: 'No.',
    request_id: 'req_1',
    details: [{ path: 'query.limit', message: 'must be integer' }],
  };

  it('reads code, message and details of the gateway', () => {
    expect(readRefusal(answer(refusal))).toMatchObject({
      code: 'invalid_request',
      message: 'No.',
      details: refusal.details,
    });
  });

  it.each([
    ['an error of the API itself', { ...refusal, request_id: 'theirs' }, 400],
    ['a code the gateway does not have', { ...refusal, error: 'out_of_stock' }, 409],
    ['a success that looks alike', refusal, 200],
    ['a body that is no JSON', 'Bad gateway', 502],
  ])('%s is not explained as a refusal', (_what, body, status) => {
    expect(readRefusal(answer(body, status))).toBeUndefined();
  });
});
