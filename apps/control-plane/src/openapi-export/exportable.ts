import type { AuthType, JsonSchema, Method, Parameter } from '@portico/contracts';

/** What an API description is made from: the definition the gateway enforces, and its prose. */
export interface ExportableEndpoint {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly methods: readonly Method[];
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly requestSchema: JsonSchema | null;
  readonly responseSchema: JsonSchema | null;
  readonly examples: { readonly request?: unknown; readonly response?: unknown };
  readonly allowedAuthTypes: readonly AuthType[];
  /** Marked as such; only admins are ever given one. */
  readonly isDraft?: boolean;
}

/** One collection with the endpoints its reader may see, and no others. */
export interface ExportableCollection {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly basePath: string;
  readonly environments: readonly string[];
  /** Goes up with every change of the collection. */
  readonly version: number;
  readonly endpoints: readonly ExportableEndpoint[];
}

export const OPENAPI_VERSIONS = ['3.0', '3.1'] as const;
export type OpenApiVersion = (typeof OPENAPI_VERSIONS)[number];

export interface ExportTarget {
  readonly version: OpenApiVersion;
  /** The public address of the gateway, without a trailing slash. */
  readonly gatewayUrl: string;
}

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
