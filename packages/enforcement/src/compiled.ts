import type {
  AuthType,
  Method,
  SnapshotCollection,
  SnapshotCredential,
  SnapshotPolicy,
  Upstream,
} from '@portico/contracts';
import type { CompiledAuth } from './authenticate/compiled-auth.ts';
import type { MeterScope } from './decision.ts';
import type { IpAllowList } from './authorize/ip-allow-list.ts';
import type { BaseNode } from './route/base-paths.ts';
import type { MethodSet } from './route/methods.ts';
import type { TemplateSegment } from './route/path-template.ts';
import type { RouteNode } from './route/router.ts';
import type { PathBuilder } from './route/upstream-path.ts';
import type { CompiledBody } from './validate/body.ts';
import type { CompiledParameters } from './validate/parameters.ts';
import type { ShardedMap } from './sharded-map.ts';

/**
 * The configuration in the form requests are decided from. Everything that can be worked out ahead
 * (keys, digests, networks, validators, route trees) has been; a request only looks things up.
 */
export interface ConfigIndex {
  readonly revision: number;
  readonly clientById: ShardedMap<CompiledClient>;
  /** Profile id → id of the client that owns it: one profile never serves two clients. */
  readonly clientIdByProfileId: ShardedMap<string>;
  readonly policyById: ShardedMap<SnapshotPolicy>;
  /** Policy id → how many clients and profiles name it, so that none in use can vanish. */
  readonly policyUses: ShardedMap<number>;
  readonly collectionById: ReadonlyMap<string, CompiledCollection>;
  readonly bases: BaseNode<CompiledCollection>;
}

export interface CompiledClient {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  /** Assigned collections; one that is a draft, or gone, is simply not in the index. */
  readonly collectionIds: ReadonlySet<string>;
  readonly policyId: string | null;
  readonly profileById: ReadonlyMap<string, CompiledProfile>;
}

export interface CompiledProfile {
  readonly id: string;
  readonly clientId: string;
  readonly name: string;
  readonly environment: string;
  readonly active: boolean;
  readonly auth: CompiledAuth;
  readonly methods: MethodSet;
  /** Null = any address. */
  readonly allowedIps: IpAllowList | null;
  /** Set = counted apart from the client, by this policy. */
  readonly policyId: string | null;
  /** Where its calls are counted: a scope of its own, or its client's. */
  readonly usageScope: string;
}

export interface CompiledCollection {
  readonly id: string;
  readonly name: string;
  /** Only published collections and endpoints are ever compiled; named for `scope.ts`. */
  readonly published: true;
  readonly basePath: string;
  readonly baseSegments: readonly string[];
  /** By environment. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly headers: readonly InjectedHeader[];
  readonly credential: UpstreamCredential | null;
  readonly cors: SnapshotCollection['cors'] | null;
  readonly logBodies: SnapshotCollection['log_bodies'];
  readonly redact: readonly string[];
  readonly retentionDays: number;
  readonly endpoints: readonly CompiledEndpoint[];
  readonly routes: RouteNode<CompiledEndpoint>;
}

export interface CompiledEndpoint {
  readonly id: string;
  readonly name: string;
  readonly published: true;
  readonly path: string;
  readonly methods: readonly Method[];
  readonly template: readonly TemplateSegment[];
  readonly upstreamPath: PathBuilder;
  readonly authTypes: ReadonlySet<AuthType>;
  /** Null = none to check. */
  readonly parameters: CompiledParameters | null;
  /** Null = bodies pass unseen. */
  readonly body: CompiledBody | null;
  /** The collection's headers, then its own: what is put in upstream, a later name winning. */
  readonly headers: readonly InjectedHeader[];
  /** Its own, else the collection's. */
  readonly credential: UpstreamCredential | null;
  /** Milliseconds; null = the upstream's. */
  readonly timeoutMs: number | null;
}

/** An upstream credential with its secrets unsealed: never log one. */
export type UpstreamCredential = SnapshotCredential;

export type InjectedHeader = SnapshotCollection['headers'][number];

export type { CompiledAuth, IpAllowList, MeterScope };
