import { createHash } from 'node:crypto';
import { Pool } from 'undici';
import type { Upstream } from '@portico/contracts';
import type { UpstreamCredential } from '@portico/enforcement';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { BreakerSettings } from './circuit-breaker.ts';

export interface ConnectionLimits {
  readonly connectionsMax: number;
}

/** Where no circuit breaker is configured, a failing target is still left alone for a moment. */
const EJECTION: BreakerSettings = { failure_threshold: 5, window_ms: 10_000, open_ms: 5_000 };

type MtlsCredential = Extract<UpstreamCredential, { type: 'mtls' }>;

/** One address of an upstream, with its connections and how it is doing. */
export class Target {
  readonly origin: string;
  /** The path part of its URL, without a trailing slash. */
  readonly basePath: string;
  readonly weight: number;
  /** Calls under way: what the balancer compares. */
  #outstanding = 0;
  /** False while health checks say so; see `HealthChecks`. */
  isHealthy = true;
  readonly breaker: CircuitBreaker;
  readonly #upstream: Upstream;
  readonly #limits: ConnectionLimits;
  readonly #poolByIdentity = new Map<string, Pool>();

  constructor(upstream: Upstream, at: Upstream['targets'][number], limits: ConnectionLimits) {
    const url = new URL(at.url);
    this.origin = url.origin;
    this.basePath = url.pathname.replace(/\/+$/, '');
    this.weight = at.weight;
    this.breaker = new CircuitBreaker(upstream.circuit_breaker ?? EJECTION);
    this.#upstream = upstream;
    this.#limits = limits;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  begin(nowMs: number): void {
    this.#outstanding += 1;
    this.breaker.onCall(nowMs);
  }

  /** Says how the call went so far: a long answer is a success from its head on. */
  report(outcome: 'success' | 'failure', nowMs: number): void {
    if (outcome === 'success') this.breaker.onSuccess();
    else this.breaker.onFailure(nowMs);
  }

  end(): void {
    this.#outstanding -= 1;
  }

  /** Connections that show this client certificate; connections without one are never shared with them. */
  pool(credential: UpstreamCredential | null): Pool {
    const certificate = credential?.type === 'mtls' ? credential : null;
    const identity = certificate === null ? '' : digestOf(certificate);
    let pool = this.#poolByIdentity.get(identity);
    if (pool === undefined) {
      pool = this.#connect(certificate);
      this.#poolByIdentity.set(identity, pool);
    }
    return pool;
  }

  /** Calls under way finish; nothing new may start. */
  async close(): Promise<void> {
    await Promise.all([...this.#poolByIdentity.values()].map((pool) => pool.close()));
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#poolByIdentity.values()].map((pool) => pool.destroy()));
  }

  #connect(certificate: MtlsCredential | null): Pool {
    const ca = certificate?.ca_pem ?? this.#upstream.ca_pem;
    return new Pool(this.origin, {
      connections: this.#limits.connectionsMax,
      pipelining: 1,
      allowH2: false,
      // Our own deadlines tell headers, idle and total apart; undici's would only blur them.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: this.#upstream.connect_timeout_ms,
        ...(ca === undefined ? {} : { ca }),
        ...(certificate === null
          ? {}
          : { cert: certificate.certificate_pem, key: certificate.private_key_pem }),
      },
    });
  }
}

const digestOf = (certificate: MtlsCredential): string =>
  createHash('sha256')
    .update(
      `${certificate.certificate_pem}\n${certificate.private_key_pem}\n${certificate.ca_pem ?? ''}`,
    )
    .digest('base64');
