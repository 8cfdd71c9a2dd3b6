import type { Recipient } from './fire.ts';

/** The admin, and the partner's contact where the policy says so; nobody twice. */
export function recipientsOf(
  adminEmail: string | null,
  partner: { readonly email: string | null; readonly isTold: boolean } | null,
): Recipient[] {
  const recipients: Recipient[] = [];
  if (adminEmail !== null) recipients.push({ address: adminEmail, audience: 'admin' });
  const address = partner !== null && partner.isTold ? partner.email : null;
  if (address !== null && address.toLowerCase() !== adminEmail?.toLowerCase()) {
    recipients.push({ address, audience: 'partner' });
  }
  return recipients;
}
