import type { AdminApi } from '../admin-api.ts';
import {
  LAST_CREATED,
  clients,
  collectionsOn,
  endpoints,
  policies,
  profiles,
  type DemoPorts,
} from './demo-estate.ts';

/**
 * Creates the demo estate through the public admin API, so that it is audited and published like
 * anything an admin does. A resource that exists (409) is left as it is: what somebody changed in
 * the demo stays changed, and a start that was interrupted half-way is completed by the next.
 */
export async function seedDemo(admin: AdminApi, ports: DemoPorts): Promise<void> {
  if (await isSeeded(admin)) return;
  for (const policy of policies) await admin.createUnlessThere('/policies', policy);
  for (const collection of collectionsOn(ports)) {
    await admin.createUnlessThere('/collections', collection);
    for (const endpoint of endpoints[collection.id] ?? []) {
      const path = `/collections/${collection.id}/endpoints`;
      await admin.createUnlessThere(path, { ...endpoint, status: 'published' });
    }
    await admin.put(`/collections/${collection.id}/status`, { status: 'published' });
  }
  for (const client of clients) {
    await admin.createUnlessThere('/clients', client);
    for (const profile of profiles[client.id] ?? []) {
      await admin.createUnlessThere(`/clients/${client.id}/profiles`, profile);
    }
  }
}

/**
 * Once means once: an admin who deletes a demo partner does not find it back after a restart. The
 * audit log remembers what was ever created; the last thing created stands for all of it.
 */
async function isSeeded(admin: AdminApi): Promise<boolean> {
  const entries = await admin.get<{ data: readonly unknown[] }>(
    `/audit-log?resource_id=${LAST_CREATED}&limit=1`,
  );
  return entries.data.length > 0;
}
