import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, freePort, startMailbox } from '@portico/testkit';
import { mailsOf, PORTAL, requestLinks, startPortalEstate } from '../portal-estate.ts';
import type { TestPortico } from '../start-portico.ts';

describe('the mail with the sign-in link', () => {
  let portico: TestPortico;
  afterEach(() => portico.stop());

  const requestLink = (email: string) =>
    portico.call('POST', `${PORTAL}/request-link`, { key: null, body: { email } });

  it('leaves by SMTP, and then there is no developer mailbox', async () => {
    const mailbox = await startMailbox();
    portico = await startPortalEstate({ SMTP_URL: mailbox.url, PORTAL_NAME: 'Acme APIs' });
    expect((await requestLink('dev@acme.test')).status).toBe(202);
    const mail = await mailbox.mailTo('dev@acme.test');
    expect(mail.subject).toBe('Sign in to Acme APIs for Acme Corp');
    expect(mail.links[0]).toMatch(/\/link\?token=[\w-]{43}$/);
    expect((await portico.call('GET', '/dev/mail', { key: null })).status).toBe(404);
    expect((await portico.call('GET', '/dev/mail.json', { key: null })).status).toBe(404);
    await mailbox.stop();
  });

  it('fails without the visitor noticing, and leaves no link behind', async () => {
    const port = await freePort();
    portico = await startPortalEstate({ SMTP_URL: `smtp://127.0.0.1:${port}` });
    for (const email of ['dev@acme.test', 'nobody@nowhere.test']) {
      expect((await requestLink(email)).status).toBe(202);
    }
    await eventually(async () => {
      const [row] = await portico.query<{ made: string; left: string }>(
        `select pg_stat_get_tuples_inserted('portal_link_tokens'::regclass) as made,
           (select count(*) from portal_link_tokens) as left`,
      );
      expect(Number(row!.made)).toBeGreaterThan(0);
      expect(Number(row!.left)).toBe(0);
    });
  });

  it('is not there for anybody to see unless the developer mailbox is turned on', async () => {
    portico = await startPortalEstate({ PORTICO_DEV_MAILBOX: 'false' });
    expect((await requestLink('dev@acme.test')).status).toBe(202);
    expect((await portico.call('GET', '/dev/mail', { key: null })).status).toBe(404);
    expect((await portico.call('GET', '/dev/mail.json', { key: null })).status).toBe(404);
  });

  it('shows in the developer mailbox, newest first, on a page where nothing can run', async () => {
    portico = await startPortalEstate();
    await portico.query(
      `update clients set name = '<script>alert(1)</script>' where id = 'cl_globex'`,
    );
    await requestLinks(portico, 'dev@acme.test');
    await requestLinks(portico, 'dev@globex.test');
    expect((await mailsOf(portico)).map(({ to }) => to)).toEqual([
      'dev@globex.test',
      'dev@acme.test',
    ]);
    const page = await portico.call('GET', '/dev/mail', { key: null });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('refresh')).toBe('5');
    expect(page.body).not.toContain('<script');
    expect(page.body).toContain('&lt;script&gt;');
  });
});
