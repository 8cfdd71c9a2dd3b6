import type { WriteTx } from '../writes/writes.ts';

/**
 * Ends the sessions of everybody who may not be in the client's portal any more. Every request is
 * checked anyway; this is what keeps a session from coming back when the access does.
 */
export async function endRevokedSessions(tx: WriteTx, clientId: string): Promise<void> {
  await tx.manager.query(
    `update portal_sessions s set ended_at = $2
     where s.client_id = $1 and s.ended_at is null and not exists (
       select from clients c join client_emails e on e.client_id = c.id
       where c.id = s.client_id and c.active and c.has_portal_access and e.email = s.email)`,
    [clientId, tx.now],
  );
}
