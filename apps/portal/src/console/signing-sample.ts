import type { SigningGuide } from '../api/types.ts';
import { quote } from '../samples/quote.ts';

/** A program that signs a fresh token. Times are set when it runs, not copied from the example. */
export function signingSample({ algorithm, secret, claims }: SigningGuide): string {
  const { iat, exp, ...fixed } = claims;
  const lifetime = typeof iat === 'number' && typeof exp === 'number' ? exp - iat : 300;
  const key =
    secret === null
      ? [
          "import { readFileSync } from 'node:fs';",
          "import { importPKCS8, SignJWT } from 'jose';",
          '',
          `const key = await importPKCS8(readFileSync('private.pem', 'utf8'), ${quote(algorithm)});`,
        ]
      : [
          "import { SignJWT } from 'jose';",
          '',
          'const key = new TextEncoder().encode(process.env.PORTICO_JWT_SECRET);',
        ];
  return [
    ...key,
    `const token = await new SignJWT(${JSON.stringify(fixed)})`,
    `  .setProtectedHeader({ alg: ${quote(algorithm)} })`,
    '  .setIssuedAt()',
    `  .setExpirationTime('${lifetime} seconds')`,
    '  .sign(key);',
  ].join('\n');
}
