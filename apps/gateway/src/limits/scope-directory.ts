import type { UsageDay } from '@portico/contracts';
import { meterScope, type ConfigIndex, type MeterScope } from '@portico/enforcement';

export interface KnownScope extends MeterScope {
  readonly clientId: string;
  /** Whether these calls of the client, as the ledger has them, count against the scope. */
  readonly counts: (calls: UsageDay) => boolean;
}

/** Who stands behind a scope's key at the revision in force. */
export class ScopeDirectory {
  #index: ConfigIndex | null = null;

  follow(index: ConfigIndex): void {
    this.#index = index;
  }

  /** Undefined when nothing is counted under this key. */
  find(key: string): KnownScope | undefined {
    const at = key.indexOf(':');
    const id = key.slice(at + 1);
    return key.slice(0, at) === 'profile' ? this.#ofProfile(key, id) : this.#ofClient(key, id);
  }

  #ofClient(key: string, id: string): KnownScope | undefined {
    const client = this.#index?.clientById.get(id);
    if (!this.#index || !client) return undefined;
    const { policy } = meterScope(this.#index, client, { policyId: null, usageScope: key });
    return { key, policy, clientId: client.id, counts: ({ apart }) => !apart };
  }

  #ofProfile(key: string, id: string): KnownScope | undefined {
    const clientId = this.#index?.clientIdByProfileId.get(id);
    const client = clientId === undefined ? undefined : this.#index?.clientById.get(clientId);
    const profile = client?.profileById.get(id);
    if (!this.#index || !client || !profile || profile.policyId === null) return undefined;
    const { policy } = meterScope(this.#index, client, profile);
    const counts = (calls: UsageDay): boolean => calls.apart && calls.profile_id === id;
    return { key, policy, clientId: client.id, counts };
  }
}
