import { describe, expect, it } from '@jest/globals';
import type { CallPlan } from './call-plan.ts';
import { toTryRequest } from './try-request.ts';

const plan: CallPlan = {
  method: 'POST',
  pathParams: { id: '7' },
  path: '/shop/7',
  query: [
    ['tag', 'a'],
    ['q', 'x'],
    ['tag', 'b'],
  ],
  headers: [{ name: 'Content-Type', value: 'application/json' }],
  body: '{}',
  problems: [],
};
const profile = { id: 'pr_a', name: 'A', environment: 'sandbox', auth_type: 'token' } as const;

describe('toTryRequest', () => {
  it('names the profile and the endpoint, never an address', () => {
    const auth = { profile, needsToken: false, accessToken: '' };
    expect(toTryRequest('ep_x', plan, auth)).toEqual({
      profile_id: 'pr_a',
      endpoint_id: 'ep_x',
      method: 'POST',
      path_params: { id: '7' },
      query: { tag: ['a', 'b'], q: 'x' },
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });
  });

  it('brings the token where only the partner can make it, and nowhere else', () => {
    const pasted = { profile, accessToken: ' eyJ ' };
    expect(toTryRequest('ep_x', plan, { ...pasted, needsToken: true }).headers).toMatchObject({
      Authorization: 'Bearer eyJ',
    });
    expect(toTryRequest('ep_x', plan, { ...pasted, needsToken: false }).headers).not.toHaveProperty(
      'Authorization',
    );
  });
});
