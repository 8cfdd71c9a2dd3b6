import { expect, it } from '@jest/globals';
import { signingSample } from './signing-sample.ts';

const guide = {
  algorithm: 'HS256',
  secret: 'topsecret',
  claims: { iss: 'acme', sub: 'cl_acme', iat: 1_000, exp: 1_600 },
  instructions: '',
};

it('the sample signs the fixed claims and sets the times when it runs', () => {
  const code = signingSample(guide);
  expect(code).toContain('SignJWT({"iss":"acme","sub":"cl_acme"})');
  expect(code).toContain("setExpirationTime('600 seconds')");
  expect(code).not.toContain('1000');
});

it('the sample never carries the secret itself', () => {
  expect(signingSample(guide)).not.toContain('topsecret');
});

it('a partner with a private key of its own signs with that', () => {
  const code = signingSample({ ...guide, algorithm: 'ES256', secret: null });
  expect(code).toContain('importPKCS8');
  expect(code).toContain('"ES256"');
});
