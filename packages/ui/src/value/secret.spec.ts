import { describe, expect, it } from '@jest/globals';
import { maskSecret } from './secret.ts';

describe('maskSecret', () => {
  it('keeps scheme, prefix and the last four characters, and hides the rest', () => {
    const token = `Bearer portico_tok_${'a'.repeat(36)}wxyz`;
    expect(maskSecret(token)).toBe('Bearer portico_tok_••••••••••••wxyz');
  });

  it('shows nothing at all of a short secret', () => {
    expect(maskSecret('hunter2')).toBe('••••••••••••');
    expect(maskSecret('Bearer hunter2')).toBe('Bearer ••••••••••••');
  });

  it('leaves a placeholder readable', () => {
    const header = 'Bearer <access token from https://id.acme.example>';
    expect(maskSecret(header)).toBe(header);
  });

  it('does not give away how long the secret is', () => {
    expect(maskSecret('x'.repeat(20)).length).toBe(maskSecret('x'.repeat(900)).length);
  });
});
