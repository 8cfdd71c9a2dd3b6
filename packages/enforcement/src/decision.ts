import type {
  FailureDetail,
  GatewayFailureCode,
  LimitState,
  Method,
  RateLimit,
  Quota,
  LimitMode,
  OnOutage,
} from '@portico/contracts';
import type { KeyObject, X509Certificate } from 'node:crypto';
import type {
  CompiledClient,
  CompiledCollection,
  CompiledEndpoint,
  CompiledProfile,
} from './compile.ts';

/** What the core needs to know of a request. The transport fills it; nothing here knows HTTP libraries. */
export interface InboundRequest {
  /** As on the wire, upper case. */
  readonly method: string;
  /** Path of the request target as sent, without query. */
  readonly path: string;
  /** Query string as sent, without `?`. */
  readonly query: string;
  /** Lower-case name → value; repeated headers joined with `, ` (so a repeated id never matches). */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The partner's address, after trusted proxies. */
  readonly clientIp: string;
  /** The verified-possession TLS client certificate (or RFC 9440's, from a trusted proxy). */
  readonly peerCertificate: X509Certificate | null;
}

/** Everything `decide` reads besides the configuration. All of it is in memory and synchronous. */
export interface DecisionContext {
  readonly nowMs: number;
  readonly meters: Meters;
  readonly keys: SigningKeys;
  readonly verifiedTokens: VerifiedTokens;
}

/** Whose limits a call counts against, and which. `policy: null` = unlimited, still counted. */
export interface MeterScope {
  /** `client:<id>` or `profile:<id>`. */
  readonly key: string;
  readonly policy: MeterPolicy | null;
}

export interface MeterPolicy {
  readonly id: string;
  readonly rateLimits: readonly RateLimit[];
  readonly quota: Quota | null;
  readonly mode: LimitMode;
  readonly onOutage: OnOutage;
}

export interface Meters {
  /** Takes one from every limit of the scope, or from none. */
  take(scope: MeterScope, nowMs: number): MeterVerdict;
}

export type MeterVerdict =
  | { readonly kind: 'granted'; readonly limits: () => readonly LimitState[] }
  | {
      readonly kind: 'refused';
      readonly code: 'rate_limit_exceeded' | 'quota_exceeded';
      /** Whole seconds, at least 1; obeying it succeeds unless others used what came free. */
      readonly retryAfterSeconds: number;
      readonly limits: () => readonly LimitState[];
      /** The limit that refused. */
      readonly exceeded: LimitState;
      /** For the record, where no limit is known to be used up. */
      readonly reason?: string;
    }
  /**
   * A lease is on its way, or what the ledger has of a quota that was never asked for: wait for it
   * (bounded), then decide again.
   */
  | {
      readonly kind: 'pending';
      readonly on: 'lease' | 'ledger';
      readonly ready: Promise<void>;
      /** As they are known without it, for who cannot wait that long. */
      readonly limits: () => readonly LimitState[];
    };

/** Keys of OIDC issuers, fetched off the request path. */
export interface SigningKeys {
  /**
   * `pending`: a fetch is in flight that may bring it (wait bounded, decide again).
   * `unknown`: no such key, and the cool-down forbids another fetch.
   */
  find(
    issuer: string,
    jwksUri: string | undefined,
    kid: string | undefined,
    algorithm: string,
  ):
    | { readonly kind: 'found'; readonly keys: readonly KeyObject[] }
    | { readonly kind: 'pending'; readonly ready: Promise<void> }
    | { readonly kind: 'unknown' };
}

/** Tokens whose signature was checked before; bounded, cleared when a revision changes the profile. */
export interface VerifiedTokens {
  /** Claims of a token verified for this compiled profile, or undefined. */
  get(profile: CompiledProfile, token: string): VerifiedClaims | undefined;
  set(profile: CompiledProfile, token: string, claims: VerifiedClaims): void;
}

export interface VerifiedClaims {
  /** Unix ms after which the token must be looked at afresh. */
  readonly validUntilMs: number;
  readonly notBeforeMs: number;
}

/** As far as the checks got: what the record says about a refused call. */
export interface DecisionTrace {
  readonly client: CompiledClient | null;
  readonly profile: CompiledProfile | null;
  readonly collection: CompiledCollection | null;
  readonly endpoint: CompiledEndpoint | null;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: GatewayFailureCode;
  /** Replaces the catalogue's message where there is more to say. */
  readonly message?: string;
  readonly details?: readonly FailureDetail[];
  /** For 405. */
  readonly allow?: readonly Method[];
  readonly retryAfterSeconds?: number;
  /** For 401. */
  readonly wwwAuthenticate?: string;
  readonly limits?: () => readonly LimitState[];
  /** Only for the record. */
  readonly reason?: string;
  readonly trace: DecisionTrace;
}

export interface Admission {
  readonly kind: 'admitted';
  readonly client: CompiledClient;
  readonly profile: CompiledProfile;
  readonly collection: CompiledCollection;
  readonly endpoint: CompiledEndpoint;
  /** Path below the upstream's URL: normalised, parameters filled in, starts with `/`. */
  readonly upstreamPath: string;
  /** Query to forward (defaults filled in, credential query parameters not yet), without `?`. */
  readonly upstreamQuery: string;
  readonly limits: () => readonly LimitState[];
  /** Set where the body must be held and checked with `checkBody` before it is forwarded. */
  readonly mustCheckBody: boolean;
  readonly trace: DecisionTrace;
}

/** Nobody can say yet: wait for `ready` (bounded), then decide again. */
export type Pending = PendingOnKeys | PendingOnLimits;

interface PendingOnKeys {
  readonly kind: 'pending';
  readonly on: 'keys';
  readonly ready: Promise<void>;
  /** Whom the request names; nobody has proved it. */
  readonly trace: DecisionTrace;
}

interface PendingOnLimits {
  readonly kind: 'pending';
  readonly on: 'lease' | 'ledger';
  readonly ready: Promise<void>;
  readonly trace: DecisionTrace;
  readonly limits: () => readonly LimitState[];
}

export type Decision = Admission | Refusal | Pending;
