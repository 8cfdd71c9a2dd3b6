import type { FailureDetail } from '@portico/contracts';

/**
 * The configuration cannot be enforced as it stands: something in it is unknown, unreadable or
 * contradicts something else. A node that meets one keeps its last good state.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** The key of the resource in the config bucket, e.g. `client.cl_acme`. */
  readonly resource: string;
  readonly problems: readonly FailureDetail[];

  constructor(resource: string, problems: readonly FailureDetail[], options?: ErrorOptions) {
    super(`${resource}: ${problems.map(describe).join('; ')}`, options);
    this.resource = resource;
    this.problems = problems;
  }
}

const describe = ({ path, message }: FailureDetail): string =>
  path === '' ? message : `${path} ${message}`;
