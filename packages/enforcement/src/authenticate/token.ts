import { timingSafeEqual } from 'node:crypto';
import type { InboundRequest } from '../decision.ts';
import { isWellFormedToken, tokenDigest } from '../token.ts';
import type { AuthOutcome } from './bearer.ts';
import { AUTHENTICATED, invalidToken, readBearer } from './bearer.ts';
import type { CompiledToken } from './compiled-auth.ts';

/** Portico's own tokens. Only digests are compared, each in constant time. */
export function authenticateToken(
  auth: CompiledToken,
  request: InboundRequest,
  nowMs: number,
): AuthOutcome {
  const bearer = readBearer(request);
  if (!bearer.ok) return bearer.outcome;
  if (!isWellFormedToken(bearer.token)) return MISTYPED;
  scratch.write(tokenDigest(bearer.token), 'latin1');
  let outcome = UNKNOWN;
  // No early exit: the time must not tell which of the tokens came close.
  for (const token of auth.tokens) {
    if (timingSafeEqual(token.digest, scratch)) {
      outcome = nowMs < token.expiresAtMs ? AUTHENTICATED : EXPIRED;
    }
  }
  return outcome;
}

/** Written and read within one synchronous call: an allocation per request costs more than it. */
const scratch = Buffer.alloc(64);

const MISTYPED = invalidToken('not a Portico token, or mistyped: its checksum is wrong');
const UNKNOWN = invalidToken('not a token of this profile');
const EXPIRED = invalidToken('the token has expired');
