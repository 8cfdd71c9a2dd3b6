import { eventually } from '@portico/testkit';
import { call, type Answer } from './http.ts';
import type { Mailbox } from './deployment.ts';

const BASE = '/api/v1/developer-portal';

/** A partner developer with a browser's worth of state: one cookie. */
export class PortalVisitor {
  private cookie = '';

  constructor(private readonly url: string) {}

  get(path: string): Promise<Answer> {
    return call(`${this.url}${BASE}${path}`, { headers: this.headers() });
  }

  post(path: string, body: unknown = {}): Promise<Answer> {
    return call(`${this.url}${BASE}${path}`, { method: 'POST', headers: this.headers(), body });
  }

  requestLink(email: string): Promise<Answer> {
    return this.post('/request-link', { email });
  }

  /** Posts the token as the link's page does, and keeps the session cookie. */
  async open(link: string): Promise<Answer> {
    const answer = await this.post('/validate-token', { token: tokenOf(link) });
    const cookie = answer.headers.getSetCookie().find((one) => one.startsWith('portico_portal='));
    if (cookie !== undefined) this.cookie = cookie.split(';')[0]!;
    return answer;
  }

  async signIn(mailbox: Mailbox, email: string): Promise<Answer> {
    const link = await requestedLink(this, mailbox, email);
    return this.open(link);
  }

  private headers(): Record<string, string> {
    return { origin: this.url, ...(this.cookie === '' ? {} : { cookie: this.cookie }) };
  }
}

/** The link that the next mail to `email` carries. */
export async function requestedLink(
  visitor: PortalVisitor,
  mailbox: Mailbox,
  email: string,
): Promise<string> {
  const before = (await mailbox.linksTo(email)).length;
  await visitor.requestLink(email);
  return eventually(async () => {
    const links = await mailbox.linksTo(email);
    if (links.length <= before) throw new Error(`no new mail to ${email} yet`);
    return links.at(-1)!;
  });
}

export function tokenOf(link: string): string {
  const url = new URL(link);
  return url.searchParams.get('token') ?? url.hash.replace(/^#(?:token=)?/, '');
}
