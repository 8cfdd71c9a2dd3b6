import type { CompiledProfile, VerifiedClaims, VerifiedTokens } from '@portico/enforcement';

const TOKENS_PER_PROFILE_MAX = 512;
const TOKEN_CHARS_MAX = 8 * 1024;

/**
 * Signed tokens that were checked before. Keyed by the compiled profile itself: a revision that
 * changes a profile compiles a new one, and everything remembered of the old one is gone with it.
 */
export class TokenCache implements VerifiedTokens {
  readonly #byProfile = new WeakMap<CompiledProfile, Map<string, VerifiedClaims>>();

  get(profile: CompiledProfile, token: string): VerifiedClaims | undefined {
    return this.#byProfile.get(profile)?.get(token);
  }

  set(profile: CompiledProfile, token: string, claims: VerifiedClaims): void {
    if (token.length > TOKEN_CHARS_MAX) return;
    let known = this.#byProfile.get(profile);
    if (known === undefined) this.#byProfile.set(profile, (known = new Map()));
    if (known.size >= TOKENS_PER_PROFILE_MAX) {
      const oldest = known.keys().next().value;
      if (oldest !== undefined) known.delete(oldest);
    }
    known.set(token, claims);
  }
}
