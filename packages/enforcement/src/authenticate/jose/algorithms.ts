import { constants, createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { JwtAlgorithm } from '@portico/contracts';

const RSA_BITS_MIN = 2048;
/** The longest hash of the HS family would ask for 64; 32 keeps every one of them out of reach. */
export const HMAC_BYTES_MIN = 32;

export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const satisfies JwtAlgorithm[];
const RSA_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
] as const satisfies JwtAlgorithm[];
const CURVE_ALGORITHM: Readonly<Record<string, JwtAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/**
 * The algorithms a public key may check; empty = none we accept. It depends on the key alone, so a
 * token cannot talk the gateway into using an RSA key as an HMAC secret (RFC 8725, 2.1).
 */
export function algorithmsOf(key: KeyObject): readonly JwtAlgorithm[] {
  if (key.type !== 'public') return [];
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return (details?.modulusLength ?? 0) >= RSA_BITS_MIN ? RSA_ALGORITHMS : [];
    case 'ec': {
      const algorithm = CURVE_ALGORITHM[details?.namedCurve ?? ''];
      return algorithm === undefined ? [] : [algorithm];
    }
    case 'ed25519':
    case 'ed448':
      return ['EdDSA'];
    default:
      return [];
  }
}

/** RFC 7518, 3 and RFC 8037. The key must be one whose `algorithms` hold this one. */
export function isSignatureValid(
  algorithm: JwtAlgorithm,
  key: KeyObject,
  signed: { readonly data: Buffer; readonly signature: Buffer },
): boolean {
  const { data, signature } = signed;
  const hash = `sha${algorithm.slice(2)}`;
  switch (algorithm.slice(0, 2)) {
    case 'HS': {
      const expected = createHmac(hash, key).update(data).digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    }
    case 'RS':
      return verify(hash, data, key, signature);
    case 'PS': {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return verify(hash, data, { key, padding, saltLength: PSS_SALT_OF_DIGEST }, signature);
    }
    case 'ES':
      return verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
    case 'Ed':
      return verify(null, data, key, signature);
    default:
      return false;
  }
}

/** RFC 7518, 3.5: the salt is as long as the hash. */
const PSS_SALT_OF_DIGEST = constants.RSA_PSS_SALTLEN_DIGEST;
