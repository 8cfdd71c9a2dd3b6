import { decide } from '@portico/enforcement';
import type {
  ConfigIndex,
  InboundRequest,
  Meters,
  SigningKeys,
  VerifiedTokens,
} from '@portico/enforcement';

/** Decides a request again by another revision, without counting it. */
export type StillAdmits = (index: ConfigIndex, inbound: InboundRequest) => boolean;

const UNMETERED: Meters = { take: () => ({ kind: 'granted', limits: () => [] }) };

/** A key that is still being fetched says nothing against an open connection. */
export const createStillAdmits =
  (credentials: {
    readonly keys: SigningKeys;
    readonly verifiedTokens: VerifiedTokens;
  }): StillAdmits =>
  (index, inbound) =>
    decide(index, inbound, { nowMs: Date.now(), meters: UNMETERED, ...credentials }).kind !==
    'refused';
