import { createHash } from 'node:crypto';
import type { UpstreamCredential } from '@portico/enforcement';
import type { Logger } from '@portico/telemetry';
import { fetchJson } from '../keys/fetch-json.ts';

type ClientCredentials = Extract<UpstreamCredential, { type: 'oauth2_client_credentials' }>;

export interface AccessTokensOptions {
  readonly logger: Logger;
  readonly nowMs?: () => number;
  readonly timeoutMs?: number;
}

interface Kept {
  token: string | null;
  /** From here on a new one is fetched in the background while this one still serves. */
  refreshAtMs: number;
  expiresAtMs: number;
  /** After a failure nobody asks again before this. */
  notBeforeMs: number;
  fetching: Promise<void> | null;
}

const LIFETIME_DEFAULT_MS = 300_000;
const LIFETIME_MAX_MS = 24 * 3_600_000;
const COOL_DOWN_MS = 1_000;
const KEPT_MAX = 10_000;
/** RFC 6750 §2.1: what a bearer token may be made of; anything else could end the header. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Tokens for upstreams, by the OAuth 2.0 client credentials grant (RFC 6749 §4.4). One fetch at a
 * time per credential; renewed at 80 % of their life, so that calls never wait for a renewal.
 */
export class AccessTokens {
  readonly #options: Required<AccessTokensOptions>;
  readonly #keptByKey = new Map<string, Kept>();
  readonly #keyOf = new WeakMap<ClientCredentials, string>();

  constructor(options: AccessTokensOptions) {
    this.#options = { nowMs: Date.now, timeoutMs: 5_000, ...options };
  }

  /** A token now, a promise of one, or `null` when the authorization server cannot be reached. */
  token(credential: ClientCredentials): string | null | Promise<string | null> {
    const now = this.#options.nowMs();
    const kept = this.#keptFor(credential);
    if (kept.token !== null && now < kept.expiresAtMs) {
      if (now >= kept.refreshAtMs && now >= kept.notBeforeMs) void this.#fetch(kept, credential);
      return kept.token;
    }
    if (kept.fetching === null && now < kept.notBeforeMs) return null;
    return this.#fetch(kept, credential).then(() => kept.token);
  }

  /** The upstream refused the token: it is not used again. */
  discard(credential: ClientCredentials, token: string): void {
    const kept = this.#keptFor(credential);
    if (kept.token === token) kept.token = null;
  }

  /** By content: a revision that leaves the credential as it is keeps its token. */
  #keptFor(credential: ClientCredentials): Kept {
    let key = this.#keyOf.get(credential);
    if (key === undefined) {
      key = createHash('sha256').update(JSON.stringify(credential)).digest('base64');
      this.#keyOf.set(credential, key);
    }
    let kept = this.#keptByKey.get(key);
    if (kept === undefined) {
      const oldest = this.#keptByKey.keys().next().value;
      if (this.#keptByKey.size >= KEPT_MAX && oldest !== undefined) this.#keptByKey.delete(oldest);
      kept = { token: null, refreshAtMs: 0, expiresAtMs: 0, notBeforeMs: 0, fetching: null };
      this.#keptByKey.set(key, kept);
    }
    return kept;
  }

  #fetch(kept: Kept, credential: ClientCredentials): Promise<void> {
    const { nowMs, logger } = this.#options;
    kept.fetching ??= this.#request(credential)
      .then(
        ({ token, lifetimeMs }) => {
          kept.token = token;
          kept.expiresAtMs = nowMs() + lifetimeMs;
          kept.refreshAtMs = nowMs() + lifetimeMs * 0.8;
        },
        (error: unknown) => {
          kept.notBeforeMs = nowMs() + COOL_DOWN_MS;
          logger.warn(
            { err: error, credential: credential.id },
            'Cannot get a token for an upstream',
          );
        },
      )
      .finally(() => (kept.fetching = null));
    return kept.fetching;
  }

  async #request(credential: ClientCredentials): Promise<{ token: string; lifetimeMs: number }> {
    const { token_url, client_id, client_secret, scope, audience } = credential;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scope !== undefined) form.set('scope', scope);
    if (audience !== undefined) form.set('audience', audience);
    const pair = `${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`;
    const answer = await fetchJson({
      url: token_url,
      timeoutMs: this.#options.timeoutMs,
      form,
      headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    });
    const token = answer['access_token'];
    if (typeof token !== 'string' || !TOKEN.test(token))
      throw new Error(`${token_url} gave no token`);
    const seconds = Number(answer['expires_in']);
    const lifetimeMs =
      seconds > 0 ? Math.min(seconds * 1_000, LIFETIME_MAX_MS) : LIFETIME_DEFAULT_MS;
    return { token, lifetimeMs };
  }
}
