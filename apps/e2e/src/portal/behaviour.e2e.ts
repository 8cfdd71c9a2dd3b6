import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { eventually, startUpstream, type Upstream } from '@portico/testkit';
import { startStandalone, type Deployment } from '../deployment.ts';
import { Browser } from './browser.ts';
import { answer, ARCHIVE, createEstate, HOSTILE, NEWCOMER, PARTNER } from './estate.ts';
import { cutOff, fail, hold } from './held.ts';
import { focusOf, tabTo } from './keyboard.ts';
import { Partner, textOf, untilText } from './partner.ts';

const run = promisify(execFile);
const FIELDS = '/collections/coll_shapes/endpoints/ep_fields';
const CREATE = '/collections/coll_shapes/endpoints/ep_create';
const ANSWERS = '/collections/coll_shapes/endpoints/ep_answers';

describe('the portal in the hands of people, and on bad days', () => {
  let portico: Deployment;
  let browser: Browser;
  let upstream: Upstream;
  let kaleido: Partner;
  let calls: string[];

  beforeAll(async () => {
    [portico, browser, upstream] = await Promise.all([
      startStandalone({
        PORTAL_NAME: 'Northwind APIs',
        PORTAL_ACCENT_COLOR: '#7c2d12',
        PORTAL_SUPPORT_CONTACT: 'apis@northwind.test',
      }),
      Browser.start(),
      startUpstream(answer),
    ]);
    await createEstate(portico.admin, upstream.url);
    kaleido = await Partner.inNewTab(portico, browser);
    await kaleido.signIn(PARTNER);
    await kaleido.chooseProfile('sandbox');
    kaleido.page.on('request', (request) => {
      if (request.url().endsWith('/try')) calls.push(request.postData() ?? '');
    });
  }, 180_000);

  beforeEach(() => void (calls = []));
  afterEach(() => browser.expectNoProblems());

  afterAll(async () => {
    await browser?.stop();
    await Promise.all([portico?.stop(), upstream?.stop()]);
  });

  const sendButton = () =>
    kaleido.form('Request').getByRole('button', { name: 'Send', exact: true });
  /** By its label, with or without the star of required ones. */
  const fieldOf = (partner: Partner, label: string) =>
    partner.page.getByLabel(new RegExp(`^${label}(?: \\*)?$`));
  /** What is said about a field, by the words tied to it for screen readers. */
  const problemOf = async (partner: Partner, label: string): Promise<string> => {
    const field = fieldOf(partner, label);
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    const ids = (await field.getAttribute('aria-describedby'))!.split(/\s+/).filter(Boolean);
    const texts = await Promise.all(ids.map((id) => textOf(partner.page.locator(`[id="${id}"]`))));
    return texts.join(' ');
  };

  describe('forms', () => {
    it('sign-in names what is wrong with an address, and asks nothing of the server until it is right', async () => {
      const visitor = await Partner.inNewTab(portico, browser);
      const asked: string[] = [];
      visitor.page.on('request', (request) => {
        if (request.url().endsWith('/request-link')) asked.push(request.postData() ?? '');
      });
      await visitor.goto('/sign-in', 'Sign in to your APIs');
      const email = visitor.page.getByLabel('Work email');
      for (const [typed, problem] of [
        ['', 'Enter your email address.'],
        ['   ', 'Enter your email address.'],
        ['somebody', 'It should read like name@company.com.'],
        ['some body@company.com', 'It should read like name@company.com.'],
        [`${'a'.repeat(250)}@company.com`, 'This address is too long.'],
      ] as const) {
        await email.fill(typed);
        await visitor.button('Send me a sign-in link').click();
        expect(await problemOf(visitor, 'Work email')).toContain(problem);
      }
      expect(asked).toEqual([]);
      await email.fill(' Nobody@Company.com ');
      expect(await email.getAttribute('aria-invalid')).not.toBe('true');
      await visitor.button('Send me a sign-in link').click();
      await visitor.heading('Check your mail').waitFor();
      expect(asked).toEqual(['{"email":"Nobody@Company.com"}']);
      await visitor.button('Use another address').click();
      await visitor.heading('Sign in to your APIs').waitFor();
      await visitor.tab.context.close();
    });

    it('the console checks every field before it sends, and sends once all are right', async () => {
      await kaleido.goto(FIELDS, 'Draw a shape');
      const { page } = kaleido;
      const fill = (label: string, value: string) => fieldOf(kaleido, label).fill(value);
      await sendButton().click();
      await untilText(kaleido.form('Request'), 'Look at 1 field above first.');
      expect(await problemOf(kaleido, 'sides')).toContain('This one is required.');
      for (const [label, typed, problem] of [
        ['sides', '2', 'Must be at least 3.'],
        ['sides', '13', 'Must be at most 12.'],
        ['scale', '0.01', 'Must be at least 0.1.'],
        ['code', 'ABCD', 'At most 3 characters.'],
        ['code', 'abc', 'Must match ^[A-Z]{3}$'],
      ] as const) {
        await fill(label, typed);
        expect(await problemOf(kaleido, label)).toContain(problem);
      }
      expect(calls).toEqual([]);

      await fill('sides', '6');
      await fill('scale', '1.5');
      await fill('code', 'ABC');
      await fill('tags', 'red, blue');
      await fill('on', '2026-02-28');
      await fill('X-Trace-Me', 'seen');
      await kaleido.choose('kind', 'polygon');
      await kaleido.choose('filled', 'true');
      await kaleido.button('Add query parameter').click();
      await page.getByLabel('Name of extra query parameter 1').fill('more');
      await page.getByLabel('Value of extra query parameter 1').fill('a&b=c');
      upstream.forget();
      expect(await kaleido.send()).toMatch(/^200 OK/);
      expect(
        upstream.requests.map(({ path, query, headers }) => [
          path,
          query.toString(),
          headers['x-trace-me'],
        ]),
      ).toEqual([
        [
          '/draw/polygon',
          'sides=6&scale=1.5&filled=true&tags=red&tags=blue&on=2026-02-28&code=ABC&more=a%26b%3Dc',
          'seen',
        ],
      ]);
    });

    it('the console tells a broken body from a missing one, and the gateway’s reasons from both', async () => {
      await kaleido.goto(CREATE, 'Create a shape');
      const body = kaleido.page.getByRole('textbox', { name: 'Request body' });
      expect(await textOf(body)).toContain('"name": "Triangle"');
      await body.fill('{"name": ');
      await sendButton().click();
      await kaleido.text('Not valid JSON').waitFor();
      await body.fill('');
      await kaleido.text('This endpoint wants a JSON body.').waitFor();
      expect(calls).toEqual([]);
      await body.fill('{"name":"","sides":2,"nested":{"deeper":"yes"}}');
      expect(await kaleido.send()).toMatch(/^400/);
      const places = await kaleido.region('Response').getByRole('listitem').allInnerTexts();
      expect(places.map((line) => line.split(' ')[0]).sort()).toEqual([
        'body.name',
        'body.nested.deeper',
        'body.sides',
      ]);
    });

    it('a header that cannot be sent is refused with a reason, not lost', async () => {
      await kaleido.goto(ANSWERS, 'Get any kind of answer');
      await kaleido.button('Add header').click();
      await kaleido.page.getByLabel('Name of extra header 1').fill('Not a header');
      await kaleido.page.getByLabel('Value of extra header 1').fill('x');
      await sendButton().click();
      const alert = kaleido.page
        .getByRole('alert')
        .or(kaleido.text('Look at 1 field above first.'));
      await alert.first().waitFor();
      await kaleido.button('Remove extra header 1').click();
      expect(await kaleido.send()).toMatch(/^200 OK/);
    });

    it('a wildcard wants its path, and an OIDC profile its token', async () => {
      await kaleido.goto('/collections/coll_shapes/endpoints/ep_files', 'Fetch a file');
      await sendButton().click();
      await kaleido.text('Say which path below this one to call.').waitFor();
      await kaleido.page.getByLabel(/^Path below/).fill('/reports/2026 q1/résumé.pdf');
      upstream.forget();
      expect(await kaleido.send()).toMatch(/^200 OK/);
      expect(upstream.requests[0]!.path).toBe('/files/reports/2026%20q1/r%C3%A9sum%C3%A9.pdf');

      await kaleido.goto(ANSWERS, 'Get any kind of answer');
      await kaleido.chooseProfile('workforce');
      calls = [];
      await sendButton().click();
      await kaleido.text('Paste a token first.').waitFor();
      expect(calls).toEqual([]);
      await kaleido.page.getByLabel('Access token').fill('not.a.token');
      expect(await kaleido.send()).toMatch(/^401/);
      await kaleido.text('The credential fits the profile').waitFor();
      await kaleido.chooseProfile('sandbox');
    });

    it('rotating can be called off by button and by Escape, and then nothing has changed', async () => {
      const before = await portico.admin.authHeaders('pr_k_tight');
      await kaleido.goto('/credentials', 'Credentials');
      const dialog = kaleido.page.getByRole('dialog');
      await kaleido.button('Rotate secret of tight').click();
      await dialog.getByRole('radio', { name: 'Not at all: end it now' }).check();
      await kaleido.text('Calls with the old secret are refused from that moment on.').waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
      await kaleido.button('Rotate secret of tight').click();
      await dialog.waitFor();
      await kaleido.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      // The focus goes back once the dialog has faded out.
      await eventually(async () =>
        expect((await focusOf(kaleido.page)).name).toBe('Rotate secret of tight'),
      );
      expect(await portico.admin.authHeaders('pr_k_tight')).toEqual(before);
    });

    it('filters that nobody could have chosen are left out, and all can be cleared at once', async () => {
      await kaleido.goto('/requests?status=teapot&range=forever&path=/shapes/answers', 'Requests');
      const rows = kaleido.region('Request log').getByRole('row');
      await rows.nth(1).waitFor();
      for (const row of (await rows.allInnerTexts()).slice(1))
        expect(row).toContain('/shapes/answers');
      await kaleido.button('Clear all').click();
      await eventually(() => !new URL(kaleido.page.url()).search);
      await untilText(kaleido.region('Request log'), '/shapes/draw/polygon');
      await kaleido.page.getByLabel('Find by request id').fill('   ');
      await kaleido.page.keyboard.press('Enter');
      await kaleido.heading('Requests').waitFor();
      await kaleido.page.getByLabel('Find by request id').fill('req_nowhere');
      await kaleido.page.keyboard.press('Enter');
      await kaleido.text('There is no such record').waitFor();
    });
  });

  describe('with the keyboard alone', () => {
    it('leads from the dashboard to an answer and on to another profile, every stop in sight', async () => {
      const { page } = kaleido;
      await kaleido.goto('/usage', 'Usage');
      await kaleido.goto('/', 'Your APIs');
      await kaleido.link('Shapes').first().waitFor();
      // What is still arriving could shift the stops while we walk along them.
      await page.waitForLoadState('networkidle');
      const first = await tabTo(page, 'Skip to content');
      expect(first).toHaveLength(1);
      await page.keyboard.press('Enter');
      const afterSkip = await tabTo(page, 'Shapes');
      expect(afterSkip).toHaveLength(1);
      await page.keyboard.press('Enter');
      await kaleido.heading('Shapes').waitFor();

      await kaleido.button('Reveal Authorization').waitFor();
      await page.keyboard.press('/');
      await eventually(async () => expect((await focusOf(page)).name).toBe('Search endpoints'));
      await page.keyboard.type('draw');
      await tabTo(page, 'Draw a shape');
      await page.keyboard.press('Enter');
      await kaleido.heading('Draw a shape').waitFor();

      await tabTo(page, /^sides/);
      await page.keyboard.type('5');
      await page.keyboard.press('Control+Enter');
      expect(await kaleido.answeredStatus()).toMatch(/^200 OK/);

      await tabTo(page, /^Profile: sandbox/, 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('menuitemradio', { name: /^open/ }).waitFor();
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await kaleido.button(/^Profile: open/).waitFor();
      await eventually(async () => expect((await focusOf(page)).name).toMatch(/^Profile: open/));
      await kaleido.chooseProfile('sandbox');
    });

    it('lets Tab leave the body editor again, and Ctrl+Enter sends from inside it', async () => {
      const { page } = kaleido;
      await kaleido.goto(CREATE, 'Create a shape');
      await page.getByRole('textbox', { name: 'Request body' }).waitFor();
      await tabTo(page, 'Request body');
      await page.keyboard.press('Control+Enter');
      expect(await kaleido.answeredStatus()).toMatch(/^200 OK/);
      await tabTo(page, 'Send');
    });

    it('goes once around the longest page without being caught', async () => {
      await kaleido.goto(CREATE, 'Create a shape');
      await kaleido.page.getByRole('textbox', { name: 'Request body' }).waitFor();
      await tabTo(kaleido.page, 'Skip to content');
      const round = await tabTo(kaleido.page, 'Skip to content');
      expect(round.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['Request body', 'Send', 'curl', 'Copy curl sample']),
      );
    });
  });

  describe('answers', () => {
    const answered = async (kind: string) => {
      await kaleido.goto(ANSWERS, 'Get any kind of answer');
      await kaleido.page.getByLabel('kind').fill(kind);
      await kaleido.send();
      return kaleido.region('Response');
    };

    it('lays JSON and XML out without changing a value', async () => {
      const json = (await answered('json')).getByRole('group', { name: 'Response body' });
      expect(await json.innerText()).toContain('"id": 12345678901234567890,\n  "ok": true');
      const xml = (await answered('xml')).getByRole('group', { name: 'Response body' });
      expect(await xml.innerText()).toContain('<note>two &amp; three</note>');
    });

    it('shows a picture, and offers a file for download with its bytes untouched', async () => {
      const picture = (await answered('image')).getByRole('img');
      await picture.waitFor();
      await eventually(async () =>
        expect(
          await kaleido.page.evaluate<number>('document.querySelector("main img").naturalWidth'),
        ).toBe(48),
      );
      const response = await answered('binary');
      const [download] = await Promise.all([
        kaleido.page.waitForEvent('download'),
        response.getByRole('link', { name: 'Download' }).click(),
      ]);
      expect(await readFile(await download.path())).toEqual(ARCHIVE);
    });

    it('keeps this session’s calls, and brings back inputs and answer of the chosen one', async () => {
      await answered('text');
      await kaleido.page.getByLabel('kind').fill('empty');
      expect(await kaleido.send()).toMatch(/^204 No Content/);
      const earlier = kaleido.region('Calls of this session').getByRole('button');
      await earlier.filter({ hasText: '/answers/text' }).first().click();
      await untilText(kaleido.region('Response'), 'Plain words.');
      expect(await kaleido.page.getByLabel('kind').inputValue()).toBe('text');
    });
  });

  describe('whatever operators, partners and upstreams write', () => {
    const INJECTED = `document.querySelectorAll(
      'img[src="x"], [onerror], [onload], body script, a[href^="javascript:"]').length`;
    const expectOnlyText = async (partner: Partner) => {
      expect(await partner.page.evaluate<number>(INJECTED)).toBe(0);
      expect(await partner.page.locator('body').innerText()).not.toContain('60481729');
    };

    it('names and descriptions are text on every page, and in the mail', async () => {
      await kaleido.goto('/', 'Your APIs');
      await kaleido.page.getByRole('article').filter({ hasText: HOSTILE }).waitFor();
      await expectOnlyText(kaleido);
      await kaleido.goto('/collections/coll_hostile');
      await kaleido.region('Endpoints').getByRole('listitem').first().waitFor();
      await expectOnlyText(kaleido);
      await kaleido.goto('/collections/coll_hostile/endpoints/ep_hostile');
      await kaleido.page.getByRole('textbox', { name: 'Request body' }).waitFor();
      await kaleido.region('Parameters').getByText(HOSTILE).first().waitFor();
      await expectOnlyText(kaleido);

      const newcomer = await Partner.inNewTab(portico, browser);
      await newcomer.signIn(NEWCOMER);
      await expectOnlyText(newcomer);
      await newcomer.goto('/dev/mail');
      await newcomer.page.getByRole('article').first().waitFor();
      await expectOnlyText(newcomer);
      await newcomer.tab.context.close();
    });

    it.each(['html', 'svg', 'headers'])(
      'an upstream’s %s is shown and recorded as text',
      async (kind) => {
        await kaleido.goto('/collections/coll_hostile/endpoints/ep_hostile');
        await kaleido.page.getByRole('textbox', { name: 'Request body' }).waitFor();
        await kaleido.choose('kind', kind);
        expect(await kaleido.send()).toMatch(/^200 OK/);
        const shown = kaleido.region('Response').getByRole('group', { name: 'Response body' });
        expect(await shown.innerText()).toContain(kind === 'headers' ? 'said' : '<');
        await kaleido
          .region('Response')
          .getByRole('tab', { name: /^Headers/ })
          .click();
        await expectOnlyText(kaleido);
        await kaleido.region('Response').getByRole('link', { name: /^req_/ }).click();
        await kaleido.region('Response').waitFor();
        await expectOnlyText(kaleido);
      },
    );

    it('samples quote it: shell and Node send the very bytes and run nothing else', async () => {
      await kaleido.goto('/collections/coll_hostile/endpoints/ep_hostile');
      const wanted = JSON.stringify({ [HOSTILE]: `$(touch /tmp/pwned) \`id\` ' " \\ ${HOSTILE}` });
      await kaleido.page.getByRole('textbox', { name: 'Request body' }).fill(wanted);
      upstream.forget();
      const curl = await kaleido.copied(kaleido.button('Copy curl sample'));
      await run('sh', ['-c', curl.replace(/^curl /, 'curl -sS ')]);
      await kaleido.page.getByRole('tab', { name: 'Node' }).click();
      const node = await kaleido.copied(kaleido.button('Copy Node sample'));
      await run(process.execPath, ['--input-type=module', '-e', node]);
      await kaleido.page.getByRole('tab', { name: 'curl' }).click();
      expect(upstream.requests.map(({ body }) => body.toString())).toEqual([wanted, wanted]);
    });
  });

  describe('on bad days', () => {
    it('says when the browser is offline, keeps what is on the screen, and recovers', async () => {
      kaleido.tab.tolerate(/net::ERR_INTERNET_DISCONNECTED/);
      await kaleido.goto('/collections/coll_shapes', 'Shapes');
      await kaleido.tab.context.setOffline(true);
      await kaleido.text('You are offline').waitFor();
      await kaleido.link('Draw a shape').waitFor();
      await kaleido.tab.context.setOffline(false);
      await kaleido.text('You are offline').waitFor({ state: 'detached' });
      await kaleido.link('Draw a shape').click();
      await kaleido.heading('Draw a shape').waitFor();
    });

    it('shows that something is on its way, then shows it', async () => {
      const held = await hold(kaleido.page, '/collections');
      await kaleido.goto('/', 'Your APIs');
      await kaleido.text('Loading your APIs…').waitFor({ state: 'attached' });
      await held.release();
      await kaleido.link('Shapes').first().waitFor();
    });

    it.each([
      ['an error of the control plane', (path: string) => fail(kaleido.page, path)],
      ['a control plane that is away', (path: string) => cutOff(kaleido.page, path)],
    ])('survives %s: says so where it happened, and tries again', async (_, breakIt) => {
      kaleido.tab.tolerate(/^500 for .*\/api\//);
      kaleido.tab.tolerate(/net::ERR_CONNECTION_REFUSED/);
      await breakIt('/usage');
      await kaleido.goto('/', 'Your APIs');
      await kaleido.link('Shapes').first().waitFor();
      const alert = kaleido.region('Limits').getByRole('alert');
      await alert.waitFor();
      await kaleido.page.unrouteAll();
      await alert.getByRole('button', { name: 'Try again' }).click();
      await kaleido.region('Limits').getByRole('meter').first().waitFor();
    });

    it('shows a limit of which nobody can be asked as unknown, not as unused', async () => {
      await kaleido.page.route('**/developer-portal/usage', async (route) => {
        const usage = (await (await route.fetch()).json()) as { limits: object[] };
        const unknown = { used: 0, source: null, as_of: null };
        const limits = usage.limits.map((limit) => ({ ...limit, ...unknown }));
        await route.fulfill({ json: { ...usage, limits } });
      });
      await kaleido.goto('/usage', 'Usage');
      const limits = kaleido.region('Limits');
      await limits.getByText('What is used is not known right now.').first().waitFor();
      expect(await limits.getByRole('meter').count()).toBe(0);
      await kaleido.page.unrouteAll();
    });

    it('cancels a call that takes too long, and the next one works', async () => {
      await kaleido.goto(ANSWERS, 'Get any kind of answer');
      const held = await hold(kaleido.page, '/try');
      await sendButton().click();
      await kaleido.text('Waiting for the answer…').waitFor();
      await kaleido.button('Cancel').click();
      await sendButton().waitFor();
      expect(await kaleido.region('Response').count()).toBe(0);
      await held.release();
      expect(await kaleido.send()).toMatch(/^200 OK/);
    });

    it('asks to sign in again when the session has run out, and comes back to the same page', async () => {
      // A day later, as far as this browser was told.
      await kaleido.page.route('**/developer-portal/session', async (route) => {
        const session = (await (await route.fetch()).json()) as object;
        await route.fulfill({ json: { ...session, expires_at: new Date(0).toISOString() } });
      });
      await kaleido.goto('/requests', 'Requests');
      await kaleido.page.unrouteAll();
      const { context } = kaleido.tab;
      await context.request.post(`${portico.controlPlaneUrl}/api/v1/developer-portal/logout`, {
        headers: { origin: portico.controlPlaneUrl },
      });
      await kaleido.page
        .getByRole('navigation', { name: 'Main' })
        .getByRole('link', { name: 'Usage' })
        .click();
      await kaleido.heading('Sign in to your APIs').waitFor();
      await kaleido.text('Your session has ended.').waitFor();
      const links = await portico.mailbox.linksTo(PARTNER);
      await kaleido.page.getByLabel('Work email').fill(PARTNER);
      await kaleido.button('Send me a sign-in link').click();
      const link = await eventually(async () => {
        const now = await portico.mailbox.linksTo(PARTNER);
        if (now.length === links.length) throw new Error('no new mail yet');
        return now.at(-1)!;
      });
      await kaleido.page.goto(link);
      await kaleido.heading('Usage').waitFor();
    });

    it('has a way out when a part of the app cannot be fetched', async () => {
      kaleido.tab.tolerate(/net::ERR_FAILED|Failed to fetch dynamically imported module/);
      await kaleido.page.route('**/assets/CredentialsPage*.js', (route) => route.abort());
      await kaleido.goto('/credentials');
      await kaleido.text('This page stopped working').waitFor();
      await kaleido.page.unrouteAll();
      await kaleido.button('Reload the page').click();
      await kaleido.heading('Credentials').waitFor();
    });
  });

  it('loads at most 250 kB of compressed JavaScript first, and asks for no file twice', async () => {
    const visitor = await Partner.inNewTab(portico, browser);
    await visitor.signIn(PARTNER);
    await visitor.region('Limits').getByRole('meter').first().waitFor();
    const scripts = await visitor.page.evaluate<{ name: string; bytes: number }[]>(
      `performance.getEntriesByType('resource')
        .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
        .map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize }))`,
    );
    expect(scripts.length).toBeGreaterThan(1);
    expect(scripts.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(250_000);
    await visitor.tab.context.close();
  });

  it('wears the operator’s name, colour and contact', async () => {
    const visitor = await Partner.inNewTab(portico, browser);
    await visitor.goto('/sign-in', 'Sign in to your APIs');
    await untilText(visitor.page.getByRole('banner'), 'Northwind APIs');
    await eventually(async () => expect(await visitor.page.title()).toContain('Northwind APIs'));
    const contact = visitor.page.getByRole('link', { name: 'apis@northwind.test' });
    expect(await contact.getAttribute('href')).toBe('mailto:apis@northwind.test');
    await visitor.tab.context.close();
  });
});
