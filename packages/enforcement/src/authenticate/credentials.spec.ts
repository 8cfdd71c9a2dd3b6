import { describe, expect, it } from '@jest/globals';
import { createHmac, generateKeyPairSync, sign, constants } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { aClient, aProfile, aToken, sha256, TEST_TOKEN } from '@portico/testkit';
import {
  aContext,
  anIndex,
  aRequest,
  IDENTITY,
  NOW_MS,
  outcomeOf,
  sealed,
} from '../../test/harness.ts';
import type { ConfigIndex, Decision, DecisionContext, SigningKeys } from '../index.ts';
import { ConfigError, decide } from '../index.ts';

type Auth = NonNullable<Parameters<typeof aProfile>[0]>['auth'];

const indexWith = (auth: NonNullable<Auth>): ConfigIndex =>
  anIndex({ clients: [aClient({ profiles: [aProfile({ auth })] })] });

const call = (
  index: ConfigIndex,
  authorization: string | readonly string[] | undefined,
  context: DecisionContext = aContext(),
): Decision => decide(index, aRequest({ headers: { ...IDENTITY, authorization } }), context);

/** The outcome, with the reason of a refused credential. */
function told(decision: Decision): string {
  if (decision.kind !== 'refused') return decision.kind;
  const reason = /error_description="([^"]*)"/.exec(decision.wwwAuthenticate ?? '')?.[1];
  return reason === undefined ? decision.code : `${decision.code}: ${reason}`;
}

describe('token', () => {
  const old = aToken('old');
  const index = indexWith({
    type: 'token',
    tokens: [{ sha256: sha256(TEST_TOKEN) }, { sha256: sha256(old), expires_at_ms: NOW_MS + 1000 }],
  });
  const wrong = aToken('somebody else');
  const typo = TEST_TOKEN.slice(0, -1) + (TEST_TOKEN.endsWith('0') ? '1' : '0');

  it.each<[string, string | readonly string[] | undefined, string]>([
    ['the token', `Bearer ${TEST_TOKEN}`, 'admitted'],
    ['the old token in its grace period', `Bearer ${old}`, 'admitted'],
    ['a scheme in lower case', `bearer ${TEST_TOKEN}`, 'admitted'],
    ['nothing', undefined, 'invalid_credential'],
    ['another token', `Bearer ${wrong}`, 'invalid_credential: not a token of this profile'],
    ['a typo', `Bearer ${typo}`, 'invalid_credential: not a Portico token'],
    ['a foreign token', 'Bearer abc', 'invalid_credential: not a Portico token'],
    ['no scheme', TEST_TOKEN, 'invalid_credential: send exactly one'],
    ['another scheme', `Basic ${TEST_TOKEN}`, 'invalid_credential: send exactly one'],
    ['two words', `Bearer ${TEST_TOKEN} x`, 'invalid_credential: send exactly one'],
    [
      'two headers',
      `Bearer ${TEST_TOKEN}, Bearer ${TEST_TOKEN}`,
      'invalid_credential: send exactly',
    ],
    ['a list', [`Bearer ${TEST_TOKEN}`, 'Bearer x'], 'invalid_credential: send exactly one'],
    ['an empty header', '', 'invalid_credential: send exactly one'],
  ])('%s', (_name, authorization, outcome) => {
    expect(told(call(index, authorization))).toMatch(new RegExp(`^${outcome}`));
  });

  it('stops working when it expires, not a millisecond later', () => {
    const at = (nowMs: number): string => told(call(index, `Bearer ${old}`, aContext({ nowMs })));
    expect(at(NOW_MS + 999)).toBe('admitted');
    expect(at(NOW_MS + 1000)).toBe('invalid_credential: the token has expired');
  });

  it('works for no other profile of the same client', () => {
    const other = aToken('other profile');
    const two = anIndex({
      clients: [
        aClient({
          profiles: [
            aProfile(),
            aProfile({
              id: 'pr_two',
              auth: { type: 'token', tokens: [{ sha256: sha256(other) }] },
            }),
          ],
        }),
      ],
    });
    expect(told(call(two, `Bearer ${other}`))).toMatch(/^invalid_credential/);
  });

  it('is refused as a credential of a profile without tokens', () => {
    const none = indexWith({ type: 'token', tokens: [] });
    expect(told(call(none, `Bearer ${TEST_TOKEN}`))).toMatch(/^invalid_credential/);
  });
});

const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const SECONDS = Math.floor(NOW_MS / 1000);
const SECRET = 'a-secret-of-more-than-thirty-two-bytes!';
const CLAIMS = { iss: 'acme', aud: 'portico', iat: SECONDS - 10, exp: SECONDS + 60 };

type Signer = (data: Buffer) => Buffer;
const hmac =
  (secret: string | Buffer, hash = 'sha256'): Signer =>
  (data) =>
    createHmac(hash, secret).update(data).digest();

function jwt(
  claims: object,
  signer: Signer,
  header: object = { alg: 'HS256', typ: 'JWT' },
): string {
  const data = `${b64(header)}.${b64(claims)}`;
  return `${data}.${signer(Buffer.from(data)).toString('base64url')}`;
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const ed25519 = generateKeyPairSync('ed25519');
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};
const rs =
  (key: KeyObject, hash = 'sha256'): Signer =>
  (data) =>
    sign(hash, data, key);
const ps =
  (key: KeyObject, hash: string): Signer =>
  (data) =>
    sign(hash, data, { key, ...PSS });
const es =
  (key: KeyObject, hash: string): Signer =>
  (data) =>
    sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });

const jwtAuth = (over: object = {}): NonNullable<Auth> => ({
  type: 'jwt',
  algorithms: ['HS256'],
  issuer: 'acme',
  audience: 'portico',
  max_lifetime_seconds: 300,
  clock_skew_seconds: 5,
  hmac_secrets: [{ sealed: sealed(SECRET) }],
  public_keys: [],
  ...over,
});

describe('jwt', () => {
  const index = indexWith(jwtAuth());
  const without = (name: keyof typeof CLAIMS): object =>
    Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));

  it.each<[string, object, string]>([
    ['a good token', CLAIMS, 'admitted'],
    ['an audience list', { ...CLAIMS, aud: ['x', 'portico'] }, 'admitted'],
    ['no iat', without('iat'), 'admitted'],
    ['expired within the skew', { ...CLAIMS, exp: SECONDS - 4 }, 'admitted'],
    ['expired', { ...CLAIMS, exp: SECONDS - 5 }, 'the token has expired'],
    ['no exp', without('exp'), 'the token has no exp'],
    ['exp as text', { ...CLAIMS, exp: String(SECONDS + 60) }, 'exp, nbf and iat must be'],
    ['exp null', { ...CLAIMS, exp: null }, 'exp, nbf and iat must be'],
    ['not yet valid', { ...CLAIMS, nbf: SECONDS + 6 }, 'the token is not valid yet'],
    ['issued in the future', { ...CLAIMS, iat: SECONDS + 6 }, 'the token was issued in the future'],
    ['a long life', { ...CLAIMS, exp: SECONDS + 291 }, 'the token lives longer'],
    [
      'a long life without iat',
      { aud: 'portico', iss: 'acme', exp: SECONDS + 306 },
      'the token li',
    ],
    ['another issuer', { ...CLAIMS, iss: 'globex' }, 'wrong issuer'],
    ['no issuer', without('iss'), 'wrong issuer'],
    ['another audience', { ...CLAIMS, aud: ['x'] }, 'wrong audience'],
    ['no audience', without('aud'), 'wrong audience'],
  ])('%s', (_name, claims, outcome) => {
    const expected = outcome === 'admitted' ? outcome : `invalid_credential: ${outcome}`;
    expect(told(call(index, `Bearer ${jwt(claims, hmac(SECRET))}`))).toMatch(expected);
  });

  const good = jwt(CLAIMS, hmac(SECRET));
  const [head = '', payload = '', signature = ''] = good.split('.');
  it.each<[string, string]>([
    ['alg none, no signature', `${b64({ alg: 'none' })}.${payload}.`],
    ['alg none, some signature', `${b64({ alg: 'none' })}.${payload}.${signature}`],
    ['alg None', `${b64({ alg: 'None' })}.${payload}.${signature}`],
    ['no alg', `${b64({})}.${payload}.${signature}`],
    ['an algorithm outside the list', jwt(CLAIMS, hmac(SECRET, 'sha512'), { alg: 'HS512' })],
    ['another secret', jwt(CLAIMS, hmac('another-secret-of-more-than-32-bytes!!!'))],
    ['an empty secret', jwt(CLAIMS, hmac(''))],
    ['other claims under the signature', `${head}.${b64({ ...CLAIMS, sub: 'x' })}.${signature}`],
    ['a cut signature', good.slice(0, -4)],
    ['no signature', `${head}.${payload}.`],
    ['two parts', `${head}.${payload}`],
    ['four parts', `${good}.x`],
    ['critical extensions', jwt(CLAIMS, hmac(SECRET), { alg: 'HS256', crit: ['b64'], b64: false })],
    ['a kid that is no text', jwt(CLAIMS, hmac(SECRET), { alg: 'HS256', kid: 1 })],
    ['claims that are a list', jwt([1], hmac(SECRET))],
    ['claims that are no JSON', `${head}.${Buffer.from('x').toString('base64url')}.${signature}`],
    ['a Portico token', TEST_TOKEN],
  ])('refuses %s', (_name, token) => {
    expect(outcomeOf(call(index, `Bearer ${token}`))).toBe('invalid_credential');
  });

  it.each<[string, Signer, KeyObject]>([
    ['RS256', rs(rsa.privateKey), rsa.publicKey],
    ['RS512', rs(rsa.privateKey, 'sha512'), rsa.publicKey],
    ['PS256', ps(rsa.privateKey, 'sha256'), rsa.publicKey],
    ['PS384', ps(rsa.privateKey, 'sha384'), rsa.publicKey],
    ['ES256', es(p256.privateKey, 'sha256'), p256.publicKey],
    ['ES384', es(p384.privateKey, 'sha384'), p384.publicKey],
    ['ES512', es(p521.privateKey, 'sha512'), p521.publicKey],
    ['EdDSA', (data) => sign(null, data, ed25519.privateKey), ed25519.publicKey],
  ])('accepts %s from PEM and JWK, and from that key alone', (alg, signer, key) => {
    const token = jwt(CLAIMS, signer, { alg });
    const with_ = (text: string): string => {
      const public_keys = [{ key: text }];
      const auth = jwtAuth({ algorithms: [alg], hmac_secrets: [], public_keys });
      return outcomeOf(call(indexWith(auth), `Bearer ${token}`));
    };
    expect(with_(pemOf(key))).toBe('admitted');
    expect(with_(JSON.stringify(key.export({ format: 'jwk' })))).toBe('admitted');
    for (const other of [otherRsa.publicKey, p256.publicKey, ed25519.publicKey]) {
      if (other !== key) expect(with_(pemOf(other))).toBe('invalid_credential');
    }
  });

  it('never takes a public key for an HMAC secret, even where both kinds are allowed', () => {
    const auth = jwtAuth({
      algorithms: ['RS256', 'HS256'],
      public_keys: [{ key: pemOf(rsa.publicKey) }],
    });
    const forged = jwt(CLAIMS, hmac(pemOf(rsa.publicKey)));
    expect(outcomeOf(call(indexWith(auth), `Bearer ${forged}`))).toBe('invalid_credential');
  });

  it('refuses every mutation of a good token, and never throws', () => {
    const auth = jwtAuth({
      algorithms: ['HS256', 'ES256', 'EdDSA', 'PS256'],
      public_keys: [p256, ed25519, rsa].map(({ publicKey }) => ({ key: pemOf(publicKey) })),
    });
    const index = indexWith(auth);
    const header = fc.constantFrom('HS256', 'ES256', 'EdDSA', 'PS256').map((alg) => b64({ alg }));
    const noise = fc
      .uint8Array({ maxLength: 300 })
      .map((one) => Buffer.from(one).toString('base64url'));
    const anyHead = fc.oneof(header, noise);
    fc.assert(
      fc.property(anyHead, fc.oneof(fc.constant(payload), noise), noise, (...parts) => {
        const outcome = outcomeOf(call(index, `Bearer ${parts.join('.')}`));
        expect(outcome).toBe('invalid_credential');
      }),
      { numRuns: 500 },
    );
  });

  it('goes by kid: a key with one only serves tokens that name it, or none', () => {
    const auth = jwtAuth({
      algorithms: ['RS256'],
      hmac_secrets: [],
      public_keys: [
        { kid: 'a', key: pemOf(rsa.publicKey) },
        { kid: 'b', key: pemOf(otherRsa.publicKey) },
      ],
    });
    const index = indexWith(auth);
    const signed = (kid?: string): string =>
      outcomeOf(call(index, `Bearer ${jwt(CLAIMS, rs(rsa.privateKey), { alg: 'RS256', kid })}`));
    expect(['a', undefined, 'b', 'unknown'].map(signed)).toEqual([
      'admitted',
      'admitted',
      'invalid_credential',
      'invalid_credential',
    ]);
  });

  it('drops a rotated secret when its grace ends, also from the cache', () => {
    const hmac_secrets = [{ sealed: sealed(SECRET), expires_at_ms: NOW_MS + 1000 }];
    const index = indexWith(jwtAuth({ hmac_secrets }));
    const context = aContext();
    expect(told(call(index, `Bearer ${good}`, context))).toBe('admitted');
    const later = { ...context, nowMs: NOW_MS + 1000 };
    expect(outcomeOf(call(index, `Bearer ${good}`, later))).toBe('invalid_credential');
  });

  it('answers from the cache without checking again, until the token expires', () => {
    const looked: string[] = [];
    const remembered = { validUntilMs: NOW_MS + 1, notBeforeMs: 0 };
    const verifiedTokens = {
      get: (_: unknown, token: string) => (looked.push(token), remembered),
      set: () => undefined,
    };
    // The signature is garbage: only the cache can have said yes.
    const garbage = `Bearer ${head}.${payload}.AAAA`;
    const at = (nowMs: number): string =>
      outcomeOf(call(index, garbage, aContext({ nowMs, verifiedTokens })));
    expect(at(NOW_MS)).toBe('admitted');
    expect(at(NOW_MS + 1)).toBe('invalid_credential');
    expect(looked).toHaveLength(2);
  });

  it.each<[string, object]>([
    ['a short HMAC secret', { hmac_secrets: [{ sealed: sealed('short') }] }],
    ['a secret sealed to another key', { hmac_secrets: [{ sealed: 'v1.other.AA.AA' }] }],
    ['a key that is none', { public_keys: [{ key: 'x' }] }],
    ['a JWK that is none', { public_keys: [{ key: '{"kty":"RSA"}' }] }],
    [
      'a private key',
      { public_keys: [{ key: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) }] },
    ],
    [
      'a private JWK',
      { public_keys: [{ key: JSON.stringify(p256.privateKey.export({ format: 'jwk' })) }] },
    ],
    [
      'an RSA key of 1024 bits',
      {
        public_keys: [
          { key: pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey) },
        ],
      },
    ],
    [
      'a curve we do not know',
      {
        public_keys: [
          { key: pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey) },
        ],
      },
    ],
  ])('refuses a configuration with %s, naming the client', (_name, over) => {
    expect(() => indexWith(jwtAuth(over))).toThrow(ConfigError);
    expect(() => indexWith(jwtAuth(over))).toThrow(
      /^client\.cl_acme: profiles\.pr_default\.auth\./,
    );
  });
});

describe('oidc', () => {
  const ISSUER = 'https://login.example.com';
  const auth: NonNullable<Auth> = {
    type: 'oidc',
    issuer: ISSUER,
    audience: 'orders-api',
    required_claims: { tenant: 'acme', tier: 2 },
    required_scopes: ['orders.read'],
    clock_skew_seconds: 5,
  };
  const index = indexWith(auth);
  const claims = {
    iss: ISSUER,
    aud: 'orders-api',
    exp: SECONDS + 3600,
    scope: 'openid orders.read',
    tenant: 'acme',
    tier: [1, 2],
  };
  const asked: unknown[][] = [];
  const keys: SigningKeys = {
    find: (...question) => {
      asked.push(question);
      return question[2] === 'k1' ? { kind: 'found', keys: [rsa.publicKey] } : { kind: 'unknown' };
    },
  };
  const token = (over: object = {}, signer = rs(rsa.privateKey), header: object = {}): string =>
    `Bearer ${jwt({ ...claims, ...over }, signer, { alg: 'RS256', kid: 'k1', ...header })}`;
  const outcome = (authorization: string): string =>
    told(call(index, authorization, aContext({ keys })));

  it.each<[string, string, string]>([
    ['a good token', token(), 'admitted'],
    ['scopes as a list', token({ scope: undefined, scp: ['orders.read'] }), 'admitted'],
    ['scopes as text in scp', token({ scope: undefined, scp: 'a orders.read' }), 'admitted'],
    ['another issuer', token({ iss: `${ISSUER}/` }), 'wrong issuer'],
    ['another audience', token({ aud: 'other' }), 'wrong audience'],
    ['expired', token({ exp: SECONDS - 5 }), 'the token has expired'],
    ['no exp', token({ exp: undefined }), 'the token has no exp'],
    ['not yet valid', token({ nbf: SECONDS + 60 }), 'the token is not valid yet'],
    ['a missing scope', token({ scope: 'orders.readonly' }), 'the token lacks a required scope'],
    ['a missing claim', token({ tenant: undefined }), 'the token lacks a required claim'],
    ['another claim', token({ tenant: 'globex' }), 'the token lacks a required claim'],
    ['a claim of another type', token({ tier: '2' }), 'the token lacks a required claim'],
    ['an unknown kid', token({}, undefined, { kid: 'k2' }), 'the issuer has no such signing key'],
    ['another key', token({}, rs(otherRsa.privateKey)), 'no key of the issuer made'],
    [
      'HMAC with the public key',
      token({}, hmac(pemOf(rsa.publicKey)), { alg: 'HS256' }),
      'the sig',
    ],
    [
      'an algorithm the key is not for',
      token({}, es(p256.privateKey, 'sha256'), { alg: 'ES256' }),
      'no key',
    ],
    ['alg none', token({}, () => Buffer.alloc(0), { alg: 'none' }), 'not a signed JWT'],
    ['a Portico token', `Bearer ${TEST_TOKEN}`, 'not a signed JWT'],
  ])('%s', (_name, authorization, expected) => {
    const outcomes = expected === 'admitted' ? expected : `invalid_credential: ${expected}`;
    expect(outcome(authorization)).toMatch(outcomes);
  });

  it('asks for keys only for tokens that could be right', () => {
    asked.length = 0;
    outcome(token({ iss: 'https://evil.example.com' }));
    outcome(token({ exp: SECONDS - 60 }));
    expect(asked).toEqual([]);
    outcome(token());
    expect(asked).toEqual([[ISSUER, undefined, 'k1', 'RS256']]);
  });

  it('passes on that keys are being fetched, and whom the call names', () => {
    const ready = Promise.resolve();
    const context = aContext({ keys: { find: () => ({ kind: 'pending', ready }) } });
    const decision = call(index, token(), context);
    expect(decision).toMatchObject({ kind: 'pending', on: 'keys', ready });
    const { client, profile, collection, endpoint } = decision.trace;
    expect([client?.id, profile?.id, collection, endpoint]).toEqual([
      'cl_acme',
      'pr_default',
      null,
      null,
    ]);
  });

  it('looks at the keys again after five minutes, in case the issuer withdrew one', () => {
    const context = aContext({ keys });
    const authorization = token();
    expect(outcomeOf(call(index, authorization, context))).toBe('admitted');
    const withdrawn: SigningKeys = { find: () => ({ kind: 'unknown' }) };
    const at = (ms: number): string =>
      outcomeOf(call(index, authorization, { ...context, keys: withdrawn, nowMs: NOW_MS + ms }));
    expect(at(299_999)).toBe('admitted');
    expect(at(300_000)).toBe('invalid_credential');
  });
});

describe('none', () => {
  it('asks for no credential, only for the identity', () => {
    const index = indexWith({ type: 'none' });
    expect(outcomeOf(call(index, undefined))).toBe('admitted');
    expect(outcomeOf(decide(index, aRequest({ headers: {} }), aContext()))).toBe(
      'identity_required',
    );
  });
});
