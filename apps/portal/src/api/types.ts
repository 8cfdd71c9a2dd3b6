import type {
  JsonSchema,
  Method,
  Parameter,
  RequestLogDetail,
  RequestLogEntry,
} from '@portico/contracts';

/** What the developer portal API answers. One place, so that the pages never name a raw shape. */

export type AuthType = 'token' | 'jwt' | 'oidc' | 'mtls' | 'none';

export interface Session {
  readonly client: { readonly id: string; readonly name: string };
  readonly email: string;
  readonly expires_at: string;
  /** Public address of the gateway, for samples. */
  readonly gateway_url?: string;
}

export interface Branding {
  readonly name: string;
  readonly logo_url: string | null;
  readonly accent_color: string;
  readonly support_contact: string | null;
}

export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  readonly auth_type: AuthType;
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

/** How a partner signs a JWT for its profile. */
export interface SigningGuide {
  readonly algorithm: string;
  /** Null where the partner signs with a private key of its own. */
  readonly secret: string | null;
  readonly claims: Readonly<Record<string, string | number>>;
  readonly instructions: string;
}

export interface AuthHeaders {
  readonly headers: readonly Header[];
  readonly curl: string;
  readonly signing?: SigningGuide;
}

export interface CollectionSummary {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly base_path: string;
  readonly published_endpoint_count: number;
  readonly environments: readonly string[];
}

export interface EndpointSummary {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly methods: readonly Method[];
  readonly path: string;
  readonly full_path: string;
}

export interface CollectionDetail extends CollectionSummary {
  readonly endpoints: readonly EndpointSummary[];
}

export interface EndpointDetail extends EndpointSummary {
  readonly parameters: readonly Parameter[];
  readonly request_schema: JsonSchema | null;
  readonly response_schema: JsonSchema | null;
  readonly examples: unknown;
  readonly allowed_auth_types: readonly AuthType[];
  readonly environments?: readonly string[];
}

export interface TryRequest {
  readonly profile_id: string;
  readonly endpoint_id: string;
  readonly method: string;
  readonly path_params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface TryResponse {
  readonly status: number;
  readonly latency_ms: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly body_encoding: 'utf8' | 'base64';
  readonly truncated: boolean;
  readonly request_id: string;
}

export interface UsageLimit {
  readonly name: string;
  readonly kind: 'rate' | 'quota';
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  readonly resets_at: string;
}

/** Admitted calls of one UTC day by one profile. */
export interface UsageDay {
  readonly day: string;
  readonly profile_id: string;
  readonly admitted: number;
}

export interface Usage {
  readonly limits: readonly UsageLimit[];
  readonly days: readonly UsageDay[];
}

export interface LogPage {
  readonly data: readonly LogEntry[];
  readonly next_cursor: string | null;
}

export type LogEntry = RequestLogEntry;
export type LogDetail = RequestLogDetail;
export type { JsonSchema, Method, Parameter };
