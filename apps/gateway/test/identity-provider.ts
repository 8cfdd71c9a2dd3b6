import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import Provider from 'oidc-provider';

export interface IdentityProvider {
  readonly issuer: string;
  /** Requests it got, by path. */
  readonly asked: ReadonlyMap<string, number>;
  /** An access token (JWT) by the client credentials grant. */
  token(audience?: string, scope?: string): Promise<string>;
  /** Same issuer, new signing key. */
  rotate(): void;
  stop(): Promise<void>;
}

export const CLIENT = { id: 'acme-system', secret: 'a secret of the provider' } as const;

/** A real OpenID provider (oidc-provider) on a free port. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const asked = new Map<string, number>();
  let handle: ReturnType<Provider['callback']>;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    void handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let generation = 0;
  const rotate = (): void => {
    generation += 1;
    handle = providerOf(issuer, `key-${generation}`).callback();
  };
  rotate();
  return {
    issuer,
    asked,
    rotate,
    token: (audience = 'orders', scope = 'orders:read') => fetchToken(issuer, audience, scope),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function providerOf(issuer: string, kid: string): Provider {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new Provider(issuer, {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' }] },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: 'orders:read orders:write',
          audience: resource.replace('urn:', ''),
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
}

async function fetchToken(issuer: string, audience: string, scope: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: `urn:${audience}`,
      scope,
    }).toString(),
  });
  const { access_token, ...rest } = (await answer.json()) as { access_token?: string };
  if (access_token === undefined) throw new Error(`no token: ${JSON.stringify(rest)}`);
  return access_token;
}
