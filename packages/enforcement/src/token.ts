import { hash } from 'node:crypto';

/**
 * Portico's own bearer tokens: `portico_tok_` + 34 random base62 characters + a 6 character
 * checksum, so that a secret scanner, and the gateway, can tell a typo from a guess without a lookup.
 */
export const TOKEN_PREFIX = 'portico_tok_';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_CHARS = 34;
const CHECKSUM_CHARS = 6;
const TOKEN_LENGTH = TOKEN_PREFIX.length + RANDOM_CHARS + CHECKSUM_CHARS;
const SHAPE = new RegExp(`^${TOKEN_PREFIX}[0-9A-Za-z]{${RANDOM_CHARS + CHECKSUM_CHARS}}$`);

/** Makes a token (202 bits). `randomBytes(n)` must give `n` bytes from a cryptographic source. */
export function mintToken(randomBytes: (size: number) => Uint8Array): string {
  let random = '';
  while (random.length < RANDOM_CHARS) {
    for (const byte of randomBytes(RANDOM_CHARS * 2)) {
      // 248 = 4 × 62: a byte above it would make the first letters of the alphabet likelier.
      if (byte < 248 && random.length < RANDOM_CHARS) random += ALPHABET.charAt(byte % 62);
    }
  }
  return TOKEN_PREFIX + random + checksum(TOKEN_PREFIX + random);
}

/** True when the text has the shape of a token and its checksum is right; says nothing of validity. */
export function isWellFormedToken(text: string): boolean {
  if (text.length !== TOKEN_LENGTH || !SHAPE.test(text)) return false;
  const body = text.slice(0, -CHECKSUM_CHARS);
  return checksum(body) === text.slice(-CHECKSUM_CHARS);
}

/** What a gateway holds in place of the token: SHA-256 of its whole text, lower-case hex. */
export const tokenDigest = (text: string): string => hash('sha256', text, 'hex');

function checksum(text: string): string {
  let rest = crc32(text);
  let encoded = '';
  while (rest > 0) {
    encoded = ALPHABET.charAt(rest % 62) + encoded;
    rest = Math.floor(rest / 62);
  }
  return encoded.padStart(CHECKSUM_CHARS, '0');
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 (IEEE 802.3) of ASCII text. node:zlib has one, but the core imports node:crypto only. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ text.charCodeAt(i)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
