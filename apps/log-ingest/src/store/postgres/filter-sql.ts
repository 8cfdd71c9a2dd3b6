import type { LogFilter } from '../log-store.ts';

/** Conditions and their values; every value goes to the server as a parameter. */
export class Conditions {
  readonly values: unknown[] = [];
  readonly #parts: string[] = [];

  /** Each `$` in the text stands for the next of the values. */
  add(text: string, ...values: readonly unknown[]): void {
    let used = this.values.length;
    this.values.push(...values);
    this.#parts.push(text.replaceAll('$', () => `$${++used}`));
  }

  where(): string {
    return this.#parts.length === 0 ? 'TRUE' : this.#parts.join(' AND ');
  }
}

const EQUAL = ['client_id', 'profile_id', 'collection_id', 'endpoint_id', 'request_id'] as const;

/** Everything but the times. */
export function conditionsFor(filter: LogFilter): Conditions {
  const conditions = new Conditions();
  for (const column of EQUAL) {
    const value = filter[column];
    if (value !== undefined) conditions.add(`${column} = $`, value);
  }
  if (filter.method !== undefined) conditions.add('method = $', filter.method.toUpperCase());
  if (filter.ip !== undefined) conditions.add('client_ip = $', filter.ip);
  // Not LIKE: a path may hold % and _, and they are no wildcards.
  if (filter.path !== undefined) conditions.add('starts_with(path, $)', filter.path);
  if (filter.status !== undefined) addStatus(conditions, filter.status);
  return conditions;
}

function addStatus(conditions: Conditions, status: string): void {
  if (!status.endsWith('xx')) return conditions.add('status = $', Number(status));
  const lowest = Number(status[0]) * 100;
  conditions.add('status >= $', lowest);
  conditions.add('status <= $', lowest + 99);
}
