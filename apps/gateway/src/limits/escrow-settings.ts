/** How the escrow limiter behaves; the defaults are what the bounds in the documents are measured with. */
export interface EscrowSettings {
  /** How much of the future a lease covers. */
  readonly horizonMs: number;
  /** The same, while more than half of every limit is left. */
  readonly farHorizonMs: number;
  /** Default mode may admit this share of a limit, all nodes together, before a lease answers. */
  readonly speculation: number;
  /** Below this share of a limit, nodes tell each other to stop speculating. */
  readonly pressure: number;
  /** Longest a request waits for a lease; a little below the 25 ms the request path allows. */
  readonly waitMs: number;
  /** A call without an answer for this long counts as lost. */
  readonly callTimeoutMs: number;
  /** Strict mode refuses, rather than decide alone, until the authority was silent for this long. */
  readonly outageAfterMs: number;
  readonly tickMs: number;
  /** How often a node makes sure that the authority still knows what it knew. */
  readonly epochCheckMs: number;
  /** A standing older than this says nothing about what is left. */
  readonly freshMs: number;
}

export const ESCROW_DEFAULTS: EscrowSettings = {
  horizonMs: 250,
  farHorizonMs: 1_000,
  speculation: 0.01,
  pressure: 0.05,
  waitMs: 22,
  callTimeoutMs: 100,
  outageAfterMs: 1_000,
  tickMs: 50,
  epochCheckMs: 250,
  freshMs: 500,
};
