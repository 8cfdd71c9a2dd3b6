import type { JsonSchema, Method, Parameter } from '@portico/contracts';
import type { components } from '../generated/control-plane.ts';

/** The portal's words for the generated schemas; what OpenAPI leaves open is closed by contracts. */
type Schemas = components['schemas'];

export type Session = Schemas['PortalSessionDto'];
export type Branding = Schemas['BrandingDto'];
export type Profile = Schemas['PortalProfileDto'];
export type AuthType = Profile['auth_type'];
export type Header = Schemas['HeaderLineDto'];

/** How a partner signs a JWT for its profile. */
export type SigningGuide = Omit<Schemas['SigningGuideDto'], 'claims'> & {
  readonly claims: Readonly<Record<string, string | number>>;
};
export type AuthHeaders = Omit<Schemas['AuthHeadersDto'], 'signing'> & {
  readonly signing?: SigningGuide;
};

export interface Certificate {
  readonly subject: string;
  readonly sha256: string;
  readonly not_before: string;
  readonly not_after: string;
}
export type CredentialState = Omit<Schemas['PortalCredentialDto'], 'certificates' | 'grace'> & {
  readonly grace?: readonly { readonly valid_until: string }[];
  readonly certificates?: readonly Certificate[];
};
export type Rotated = Schemas['PortalRotatedDto'];

export type CollectionSummary = Schemas['PortalCollectionDto'];
export type CollectionDetail = Schemas['PortalCollectionDetailDto'];
export type EndpointSummary = Schemas['PortalEndpointDto'];
export type EndpointDetail = Omit<
  Schemas['PortalEndpointDetailDto'],
  'parameters' | 'request_schema' | 'response_schema' | 'examples'
> & {
  readonly parameters: readonly Parameter[];
  readonly request_schema: JsonSchema | null;
  readonly response_schema: JsonSchema | null;
  readonly examples: unknown;
};

export type TryRequest = Schemas['TryDto'];
export type TryResponse = Schemas['TryResultDto'];

export type Usage = Schemas['UsageDto'];
export type UsageLimit = Schemas['UsageLimitDto'];
export type UsageDay = Schemas['UsageDayDto'];

export type Metrics = Schemas['OwnMetricsDto'];
export type MetricsBucket = Schemas['MetricsBucketResponse'];
export type EndpointShare = Schemas['EndpointShareDto'];

export type LogEntry = Schemas['OwnRecordDto'];
export type LogDetail = Schemas['OwnRecordDetailDto'];

export type { JsonSchema, Method, Parameter };
