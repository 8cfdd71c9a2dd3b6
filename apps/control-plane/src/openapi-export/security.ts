import type { AuthType } from '@portico/contracts';
import type { JsonObject, OpenApiVersion } from './exportable.ts';

const IDENTITY = { ClientId: [], ProfileId: [] };
const IDENTITY_SCHEMES = {
  ClientId: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Client-ID',
    description: 'Who calls: your client id.',
  },
  ProfileId: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Profile-ID',
    description: 'Which of your profiles calls. It also picks the environment.',
  },
};

interface Credential {
  readonly name: string;
  readonly scheme: JsonObject;
}

/** What a caller presents beside the two identity headers; null = nothing. */
function credentialOf(authType: AuthType, version: OpenApiVersion): Credential | null {
  switch (authType) {
    case 'token':
      return bearer('Token', 'A Portico token (`portico_tok_…`).');
    case 'jwt':
      return bearer('Jwt', 'A JWT that you sign with your profile’s key.', 'JWT');
    case 'oidc':
      // `openIdConnect` would need one discovery URL; here each profile has an issuer of its own.
      return bearer('OpenIdConnect', 'An access token of your profile’s OpenID Connect issuer.');
    case 'mtls':
      if (version === '3.0') return null;
      return {
        name: 'MutualTls',
        scheme: { type: 'mutualTLS', description: 'Your registered TLS client certificate.' },
      };
    case 'none':
      return null;
  }
}

const bearer = (name: string, description: string, bearerFormat?: string): Credential => ({
  name,
  scheme: {
    type: 'http',
    scheme: 'bearer',
    ...(bearerFormat === undefined ? {} : { bearerFormat }),
    description,
  },
});

/** Any one of these suffices. */
export function toSecurity(
  authTypes: readonly AuthType[],
  version: OpenApiVersion,
): Record<string, string[]>[] {
  const alternatives = authTypes.map((authType) => {
    const credential = credentialOf(authType, version);
    return { ...IDENTITY, ...(credential === null ? {} : { [credential.name]: [] }) };
  });
  const distinct = new Map(alternatives.map((one) => [Object.keys(one).join(' '), one]));
  return [...distinct.values()];
}

export function toSecuritySchemes(
  authTypes: readonly AuthType[],
  version: OpenApiVersion,
): JsonObject {
  const schemes: JsonObject = { ...IDENTITY_SCHEMES };
  for (const authType of authTypes) {
    const credential = credentialOf(authType, version);
    if (credential !== null) schemes[credential.name] = credential.scheme;
  }
  return schemes;
}
