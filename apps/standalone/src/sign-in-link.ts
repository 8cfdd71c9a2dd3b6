import { setTimeout as delay } from 'node:timers/promises';

interface DevMail {
  readonly to: string;
  readonly links: readonly string[];
}

const ATTEMPTS = 40;
const PAUSE_MS = 100;

/**
 * Asks for a link as the portal's sign-in page would, and reads it from the developer mailbox.
 * Undefined when none arrives within 4 s: the address may have been taken off the demo partner.
 */
export async function requestSignInLink(url: string, email: string): Promise<string | undefined> {
  const before = await mails(url);
  await fetch(`${url}/api/v1/developer-portal/request-link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email }),
  });
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const now = await mails(url);
    const newest = now.length > before.length ? now[0] : undefined;
    if (newest !== undefined && newest.to === email) return newest.links[0];
    await delay(PAUSE_MS);
  }
  return undefined;
}

async function mails(url: string): Promise<readonly DevMail[]> {
  const response = await fetch(`${url}/dev/mail.json`);
  return response.ok ? ((await response.json()) as DevMail[]) : [];
}
