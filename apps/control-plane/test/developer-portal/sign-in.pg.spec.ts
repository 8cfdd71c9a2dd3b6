import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@portico/testkit';
import {
  cookieOf,
  mailsOf,
  PORTAL,
  requestLinks,
  signIn,
  startPortalEstate,
  tokenOf,
  validateToken,
  Visitor,
} from '../portal-estate.ts';
import type { TestPortico } from '../start-portico.ts';

const MINUTE = 60_000;

/** Moves this process's clock, the application's included; timers go on as they are. */
function moveClock(byMs: number): void {
  jest.useFakeTimers({
    now: Date.now() + byMs,
    doNotFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'clearImmediate',
      'nextTick',
      'queueMicrotask',
      'performance',
      'hrtime',
    ],
  });
}

describe('signing in to the portal', () => {
  let portico: TestPortico;
  beforeAll(async () => {
    portico = await startPortalEstate();
  });
  afterAll(() => portico.stop());
  afterEach(() => void jest.useRealTimers());

  const requestLink = (body: unknown) =>
    portico.call('POST', `${PORTAL}/request-link`, { key: null, body });

  it('answers the same for registered, unknown and revoked addresses', async () => {
    await portico.query(
      `insert into clients (id, name, active, has_portal_access, created_at, updated_at)
       values ('cl_gone', 'Gone', false, true, now(), now()), ('cl_shut', 'Shut', true, false, now(), now())`,
    );
    await portico.query(
      `insert into client_emails values ('cl_gone', 'dev@gone.test', 0), ('cl_shut', 'dev@shut.test', 0)`,
    );
    const emails = ['dev@acme.test', 'nobody@nowhere.test', 'dev@gone.test', 'dev@shut.test'];
    const answers = await Promise.all(emails.map((email) => requestLink({ email })));
    for (const answer of answers) {
      expect(answer.status).toBe(202);
      expect(answer.body).toEqual({
        message: 'If your email is registered, a sign-in link is on its way.',
      });
      const names = [...answer.headers.keys()].sort();
      expect(names).toEqual([...answers[0]!.headers.keys()].sort());
    }
    await eventually(async () => expect((await mailsOf(portico)).length).toBe(1));
    expect((await mailsOf(portico)).map(({ to }) => to)).toEqual(['dev@acme.test']);
  });

  it.each([
    ['no email', {}],
    ['something that is no address', { email: 'dev' }],
    ['a list', { email: ['dev@acme.test'] }],
    ['a field we do not know', { email: 'dev@acme.test', redirect: 'https://evil.test' }],
  ])('refuses %s with 422', async (_, body) => {
    const answer = await requestLink(body);
    expect(answer.status).toBe(422);
    expect(answer.body.error).toBe('validation_failed');
  });

  it('finds an address whatever its case and the white space around it', async () => {
    const before = (await mailsOf(portico)).length;
    await requestLink({ email: '  DEV@Globex.test ' });
    await eventually(async () => expect((await mailsOf(portico)).length).toBe(before + 1));
    expect((await mailsOf(portico))[0]!.to).toBe('dev@globex.test');
  });

  it('signs in once: the second use of a link is refused', async () => {
    const [link] = await requestLinks(portico, 'dev@acme.test');
    const first = await validateToken(portico, tokenOf(link!));
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      client: { id: 'cl_acme', name: 'Acme Corp' },
      email: 'dev@acme.test',
      expires_at: expect.stringMatching(/Z$/),
    });
    const second = await validateToken(portico, tokenOf(link!));
    expect(second.status).toBe(401);
    expect(second.body.error).toBe('invalid_token');
    expect(second.headers.getSetCookie()).toEqual([]);
  });

  it('lets exactly one of many simultaneous uses of a link in', async () => {
    const [link] = await requestLinks(portico, 'dev@acme.test');
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => validateToken(portico, tokenOf(link!))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(11).fill(401)]);
  });

  it('is not used up by a scanner that merely follows the link', async () => {
    const [link] = await requestLinks(portico, 'dev@acme.test');
    const path = new URL(link!).pathname + new URL(link!).search;
    await portico.call('GET', path, { key: null });
    await portico.call('HEAD', path, { key: null });
    expect((await validateToken(portico, tokenOf(link!))).status).toBe(200);
  });

  it('refuses a link after 30 minutes', async () => {
    const [link, other] = [
      ...(await requestLinks(portico, 'dev@acme.test')),
      ...(await requestLinks(portico, 'dev@acme.test')),
    ];
    moveClock(29 * MINUTE);
    expect((await validateToken(portico, tokenOf(link!))).status).toBe(200);
    moveClock(2 * MINUTE);
    expect((await validateToken(portico, tokenOf(other!))).body.error).toBe('invalid_token');
  });

  it('sends one mail with one labelled link per client of the address', async () => {
    const links = await requestLinks(portico, 'both@shared.test');
    const [mail] = await mailsOf(portico);
    expect(links).toHaveLength(2);
    for (const [index, name] of ['Acme Corp', 'Globex'].entries()) {
      expect(mail!.html).toContain(`Sign in for ${name}`);
      expect(mail!.text).toContain(`${name}:\n${links[index]}`);
    }
    const sessions = await Promise.all(links.map((link) => validateToken(portico, tokenOf(link))));
    expect(sessions.map(({ body }) => body.client.id)).toEqual(['cl_acme', 'cl_globex']);
  });

  it('keeps neither the token nor the session id in clear', async () => {
    const [link] = await requestLinks(portico, 'dev@acme.test');
    const answer = await validateToken(portico, tokenOf(link!));
    const secrets = [tokenOf(link!), cookieOf(answer).split('=')[1]!];
    const rows = await portico.query<{ row: string }>(
      `select t::text as row from portal_link_tokens t union all select s::text from portal_sessions s`,
    );
    for (const secret of secrets) {
      expect(rows.every(({ row }) => !row.includes(secret))).toBe(true);
    }
  });

  it('sets a new HttpOnly, SameSite=Lax cookie that lasts a day, whatever came with the request', async () => {
    const [link] = await requestLinks(portico, 'dev@acme.test');
    const planted = 'portico_portal=planted-by-an-attacker';
    const answer = await portico.call('POST', `${PORTAL}/validate-token`, {
      key: null,
      headers: { cookie: planted },
      body: { token: tokenOf(link!) },
    });
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^portico_portal=[\w-]{43};/);
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Lax/);
    expect(cookie).toMatch(/; Path=\//);
    expect(cookie).not.toMatch(/Secure/);
    expect((await new Visitor(portico, planted).get('/session')).status).toBe(401);
    const visitor = new Visitor(portico, cookieOf(answer));
    expect((await visitor.get('/session')).status).toBe(200);
    moveClock(24 * 60 * MINUTE + 1_000);
    expect((await visitor.get('/session')).status).toBe(401);
  });

  it('ends a session at logout, on the server', async () => {
    const visitor = await signIn(portico, 'dev@acme.test');
    expect((await visitor.post('/logout')).status).toBe(204);
    expect((await visitor.get('/session')).status).toBe(401);
  });

  it.each([
    ['another site', { origin: 'https://evil.test' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['a sibling subdomain', { 'sec-fetch-site': 'same-site', origin: 'https://x.test' }, 403],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a form in disguise', { 'content-type': 'text/plain' }, 415],
  ])('refuses writes from %s', async (_, headers, status) => {
    const answer = await portico.call('POST', `${PORTAL}/request-link`, {
      key: null,
      headers: headers as Record<string, string>,
      body: { email: 'dev@acme.test' },
    });
    expect(answer.status).toBe(status);
  });

  it('stops mailing an address that asks again and again, without saying so', async () => {
    const before = (await mailsOf(portico)).length;
    await portico.query(`insert into client_emails values ('cl_acme', 'eager@acme.test', 9)`);
    const answers = await Promise.all(
      Array.from({ length: 45 }, () => requestLink({ email: 'eager@acme.test' })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await eventually(async () => expect((await mailsOf(portico)).length).toBe(before + 20));
  });
});
