import type { LimitPlan, WindowShape } from './limit-plan.ts';

/** Uses at one moment. Milliseconds on the authority's clock in a request, on ours before that. */
export type Use = readonly [atMs: number, count: number];

/** What a node used, frozen under a number: applied once, however often it is sent. */
export interface UseReport {
  readonly sequence: number;
  readonly uses: readonly Use[];
}

export interface LeaseRequest {
  readonly scope: string;
  /** Names one life of one node process; '' = only asks how things stand. */
  readonly node: string;
  /** The state the node believes in, or '' before it has met any. */
  readonly epoch: string;
  /** Rises with every call: a call that arrives behind a later one changes nothing. */
  readonly call: number;
  readonly plan: LimitPlan;
  /** Requests waiting right now. */
  readonly want: number;
  /** What the node expects to need soon. */
  readonly ahead: number;
  /** Credit held and uses not yet reported: absolute, so a lost answer heals with the next call. */
  readonly have: number;
  /** The part of `have` that is used already. */
  readonly spent: number;
  /** Most that may be granted of a quota which was not compared with the ledger yet. */
  readonly unseededMost: number;
  readonly report: UseReport | null;
}

export interface WindowStanding {
  readonly used: number;
  /** Authority's clock. */
  readonly emptyAtMs: number;
}

export type LeaseAnswer =
  | {
      readonly kind: 'leased';
      readonly epoch: string;
      readonly nowMs: number;
      readonly granted: number;
      /** Left for anybody after this grant, by the tightest limit; may be negative. */
      readonly remaining: number;
      readonly activeNodes: number;
      /** When something comes free, on the authority's clock; 0 while something is left. */
      readonly retryAtMs: number;
      /** Reserved by all nodes and not yet used. */
      readonly outstanding: number;
      /** In the order of the plan. */
      readonly windows: readonly WindowStanding[];
      readonly quotaUsed: number;
      /** False until the day counts were compared with the ledger once. */
      readonly isQuotaSeeded: boolean;
      /** True while nodes are telling a new authority what they used: nothing is granted. */
      readonly isRebuilding: boolean;
    }
  /** The state the node believed in is gone: restore, then ask again. Nothing was applied. */
  | { readonly kind: 'moved'; readonly epoch: string; readonly nowMs: number }
  /** The call came too late to count. */
  | { readonly kind: 'overtaken'; readonly epoch: string; readonly nowMs: number };

export type Leased = Extract<LeaseAnswer, { kind: 'leased' }>;

/** A node's own memory of one scope, for an authority that has lost its own. */
export interface RestoreRequest {
  readonly scope: string;
  readonly node: string;
  readonly epoch: string;
  readonly windows: readonly (readonly [WindowShape, readonly Use[]])[];
  readonly days: readonly (readonly [day: number, admitted: number])[];
}

/** Day counts from the ledger, which is the truth for whole days. */
export interface ReconcileRequest {
  readonly scope: string;
  readonly days: readonly (readonly [day: number, admitted: number])[];
  /**
   * Take back what silent nodes had reserved and the ledger never saw used. Never in strict mode: a
   * node that died may have used it without living to say so.
   */
  readonly giveBack: boolean;
}

/** Who counts for everybody: the only clock, and the only place where "how much is left" is known. */
export interface LimitAuthority {
  lease(request: LeaseRequest): Promise<LeaseAnswer>;
  /** Makes sure there is an epoch; `known` = the one believed in, '' for a new node. */
  epoch(known: string): Promise<string>;
  /** Applied once per node and epoch. */
  restore(request: RestoreRequest): Promise<void>;
  reconcile(request: ReconcileRequest): Promise<void>;
  close(): Promise<void>;
}

/** A node silent for this long has its reservation counted as used. */
export const LEASE_TTL_MS = 3_000;
/**
 * What a node reserved that called so lately counts as used where a refused caller is told when to
 * come back: it is used by now, or will be. Told to come back at once, the caller would fail.
 */
export const IN_USE_MS = 300;
/** Of longer limits only what is used for certain: nobody is sent away for an hour on a guess. */
export const GUESSED_WINDOW_MS = 60_000;
/** A node drops its own credit before the authority writes it off. */
export const CREDIT_LIFE_MS = 0.9 * LEASE_TTL_MS;
/**
 * After a loss nothing is granted for this long: in strict mode until no credit of the old state can
 * be alive any more, otherwise until the nodes that answer have sent what they used.
 */
export const REBUILD_MS = { default: 1_000, strict: LEASE_TTL_MS } as const;
/**
 * A state that has just begun may be the remains of a loss which no older node has noticed yet: they
 * look every quarter of a second. Strict mode waits for them.
 */
export const NEWBORN_MS = { default: 0, strict: 1_000 } as const;
/** A silent node's report numbers are kept this long, so that its late report is not counted twice. */
export const NODE_FORGOTTEN_AFTER_MS = 3_600_000;
