import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { eventually } from '@portico/testkit';
import { parse as parseYaml } from 'yaml';
import { startStandalone, type Deployment } from '../deployment.ts';
import { call } from '../http.ts';
import { Browser } from './browser.ts';
import { Partner, textOf, textsOf, untilText } from './partner.ts';

const run = promisify(execFile);

/**
 * "The main job" of the product as two partners live it, side by side, with nothing but the portal's
 * address and an invited email. The steps are one story: each builds on the ones before it.
 */
describe('from an invited address to a first call, clicked through by two partners', () => {
  let portico: Deployment;
  let browser: Browser;
  let acme: Partner;
  let globex: Partner;
  let usedLink: string;

  beforeAll(async () => {
    [portico, browser] = await Promise.all([startStandalone(), Browser.start()]);
    acme = await Partner.inNewTab(portico, browser);
    globex = await Partner.inNewTab(portico, browser, { theme: 'dark' });
  }, 180_000);

  afterEach(() => browser.expectNoProblems());

  afterAll(async () => {
    await browser?.stop();
    await portico?.stop();
  });

  async function signInByMail(partner: Partner, email: string): Promise<string> {
    const { page } = partner;
    const mailsBefore = (await portico.mailbox.linksTo(email)).length;
    await partner.goto('/', 'Sign in to your APIs');
    await page.getByLabel('Work email').fill(email);
    await partner.button('Send me a sign-in link').click();
    await partner.heading('Check your mail').waitFor();
    await eventually(async () => (await portico.mailbox.linksTo(email)).length > mailsBefore);
    await partner.goto('/dev/mail');
    const newest = page
      .getByRole('article')
      .filter({ hasText: `to ${email} ` })
      .first();
    const link = newest.getByRole('link');
    const address = (await link.getAttribute('href'))!;
    await link.click();
    await partner.heading('Your APIs').waitFor();
    return address;
  }

  const collectionsOf = (partner: Partner) =>
    textsOf(partner.page.getByRole('list', { name: 'Your API collections' }).getByRole('heading'));

  it('signs in by a mailed link, and the token leaves the address bar', async () => {
    usedLink = await signInByMail(acme, 'dev@acme.example');
    await signInByMail(globex, 'dev@globex.example');
    for (const partner of [acme, globex]) {
      expect(new URL(partner.page.url()).pathname).toBe('/');
      expect(partner.page.url()).not.toContain('token');
    }
    expect(await acme.page.title()).toBe('Your APIs · Developer Portal');
  });

  it('shows each dashboard exactly its own collections', async () => {
    expect(await collectionsOf(acme)).toEqual(['Orders', 'Inventory (read)']);
    expect(await collectionsOf(globex)).toEqual(['Inventory (read)']);
    const card = acme.page.getByRole('article').filter({ hasText: 'Orders' });
    expect(await textOf(card)).toMatch(/\/orders\/v2 .*4 endpoints production sandbox$/);
    expect(await globex.page.locator('body').innerText()).not.toMatch(/orders/i);
    expect(await textOf(acme.button('Acme Corp'))).toBe('Acme Corp');
    expect(await textOf(globex.button('Globex'))).toBe('Globex');
  });

  it('lists the endpoints, and copies each auth header with the secret out of sight', async () => {
    await acme.link('Orders').first().click();
    await acme.heading('Orders').waitFor();
    const endpoints = acme.region('Endpoints').getByRole('listitem');
    expect(await textsOf(endpoints)).toEqual([
      'GET List orders /orders/v2/orders Your orders, oldest first.',
      'POST Place an order /orders/v2/orders Creates an order for one product.',
      'GET Get an order /orders/v2/orders/{order_id} One order, by its id.',
      'POST Cancel an order /orders/v2/orders/{order_id}/cancel Cancels an order.',
    ]);

    const panel = acme.region('Auth headers');
    const real = await portico.admin.authHeaders('pr_acme_sandbox');
    await panel.getByText('pr_acme_sandbox').waitFor();
    for (const [name, value] of Object.entries(real)) {
      expect(await acme.copied(panel.getByRole('button', { name: `Copy ${name}` }))).toBe(value);
    }
    const token = real['Authorization']!;
    expect(await acme.page.content()).not.toContain(token);
    await panel.getByRole('button', { name: 'Reveal Authorization' }).click();
    await panel.getByText(token).waitFor();
    await panel.getByRole('button', { name: 'Hide Authorization' }).click();
    expect(await panel.innerText()).not.toContain(token);
  });

  it('searches endpoints, and keeps the search in the address', async () => {
    await acme.page.getByRole('searchbox', { name: 'Search endpoints' }).fill('cancel');
    await untilText(acme.region('Endpoints').getByRole('status'), '1 endpoint');
    expect(acme.page.url()).toContain('q=cancel');
    await acme.page.reload();
    await untilText(acme.region('Endpoints').getByRole('list'), 'Cancel an order');
    await acme.page.getByRole('searchbox', { name: 'Search endpoints' }).fill('');
  });

  it.each([
    ['OpenAPI 3.1, YAML', /^3\.1/],
    ['OpenAPI 3.1, JSON', /^3\.1/],
    ['OpenAPI 3.0, YAML', /^3\.0/],
    ['OpenAPI 3.0, JSON', /^3\.0/],
  ])('downloads %s that parses and names exactly what is listed', async (item, version) => {
    const text = await downloaded(item);
    const document = parseYaml(text) as { openapi: string; paths: Record<string, object> };
    expect(item.endsWith('JSON')).toBe(text.startsWith('{'));
    expect(document.openapi).toMatch(version);
    const operations = Object.values(document.paths).flatMap((path) =>
      Object.keys(path).filter((key) => /^(get|post|put|patch|delete)$/.test(key)),
    );
    expect(operations.sort()).toEqual(['get', 'get', 'post', 'post']);
  });

  it('downloads a Postman collection that parses', async () => {
    const { info, item } = JSON.parse(await downloaded('Postman collection')) as {
      info: { schema: string };
      item: unknown[];
    };
    expect(info.schema).toContain('v2.1');
    expect(item.length).toBeGreaterThan(0);
  });

  async function downloaded(item: string): Promise<string> {
    await acme.button('Download').click();
    const [download] = await Promise.all([
      acme.page.waitForEvent('download'),
      acme.page.getByRole('menuitem', { name: item }).click(),
    ]);
    return readFile(await download.path(), 'utf8');
  }

  it('sends a call from the console and shows status, latency, headers and a readable body', async () => {
    await acme.link('Get an order').click();
    await acme.heading('Get an order').waitFor();
    expect(await acme.page.getByLabel('order_id').inputValue()).toBe('ord_sand_1001');

    expect(await acme.send()).toMatch(/^200 OK \d+(\.\d)? (ms|s) \d+ bytes req_\S+$/);
    const response = acme.region('Response');
    const body = await response.getByRole('group', { name: 'Response body' }).innerText();
    expect(body).toMatch(/^\{\n {2}"id": "ord_sand_1001",\n {2}"environment": "sandbox",\n/);
    expect(await acme.copied(response.getByRole('button', { name: /Copy Response body/ }))).toBe(
      body,
    );
    await response.getByRole('tab', { name: /^Headers/ }).click();
    const headers = await textOf(response.getByRole('tabpanel', { name: /^Headers/ }));
    expect(headers).toContain('x-demo-environment sandbox');
    expect(headers).toMatch(/ratelimit-policy/i);
  });

  it('leads from the answer’s request id to its log record', async () => {
    const record = acme.region('Response').getByRole('link', { name: /^req_/ });
    const id = await textOf(record);
    await record.click();
    await acme.heading('Request').waitFor();
    await acme.text('/orders/v2/orders/ord_sand_1001').first().waitFor();
    const page = await textOf(acme.page.getByRole('main'));
    expect(page).toContain(id);
    expect(page).toContain('this portal');
    expect(page).toContain('"customer": "Test Tess"');
    expect(await acme.page.content()).not.toContain('portico_tok_');
    await acme.page.goBack();
    await acme.heading('Get an order').waitFor();
  });

  it('switches headers, samples and the answering environment at once with the profile', async () => {
    const sample = acme.page.getByRole('group', { name: 'curl sample' });
    await untilText(sample, 'X-Profile-ID: pr_acme_sandbox');
    await acme.chooseProfile('default');
    const { data } = (await portico.admin.get('/clients/cl_acme/profiles')).json<{
      data: { id: string; name: string }[];
    }>();
    const id = data.find(({ name }) => name === 'default')!.id;
    await untilText(sample, `X-Profile-ID: ${id}`);
    await acme.text('As “default”, in production').waitFor();

    await acme.page.getByLabel('order_id').fill('ord_prod_1001');
    expect(await acme.send()).toMatch(/^200 OK/);
    await untilText(acme.region('Response'), '"environment": "production"');

    await acme.page.reload();
    await acme.button(/^Profile: default production TOKEN/).waitFor();
    await acme.goto('/collections/coll_orders_v2', 'Orders');
    await acme.region('Auth headers').getByText(id).waitFor();
    await acme.chooseProfile('sandbox');
    await acme.region('Auth headers').getByText('pr_acme_sandbox').waitFor();
  });

  it('hands out a curl sample that works when pasted into a shell', async () => {
    await acme.goto('/collections/coll_orders_v2/endpoints/ep_orders_create', 'Place an order');
    const sample = acme.page.getByRole('group', { name: 'curl sample' });
    await untilText(sample, '--data-binary');
    expect(await sample.innerText()).not.toMatch(/portico_tok_\w{20}/);
    const command = await acme.copied(acme.button('Copy curl sample'));
    const { stdout } = await run('sh', ['-c', command.replace(/^curl /, 'curl -sS -i ')]);
    expect(stdout).toMatch(/^HTTP\/1\.1 201 /);
    const placed = JSON.parse(stdout.slice(stdout.indexOf('\r\n\r\n'))) as object;
    expect(placed).toMatchObject({ environment: 'sandbox', sku: 'desk-oak-160', quantity: 2 });
  });

  it('answers what lies outside the contract exactly as what does not exist', async () => {
    const seen: string[] = [];
    for (const path of [
      '/collections/coll_orders_v2',
      '/collections/coll_orders_v2/endpoints/ep_orders_get',
      '/collections/coll_no_such_thing',
      '/no/such/page',
    ]) {
      await globex.goto(path, 'Page not found');
      seen.push(await textOf(globex.page.getByRole('main')));
    }
    expect(new Set(seen).size).toBe(1);
    await globex.link('Back to your APIs').click();
    await globex.heading('Your APIs').waitFor();
  });

  it('explains a 400 by the place and the rule that was broken', async () => {
    await acme.goto('/collections/coll_orders_v2/endpoints/ep_orders_create', 'Place an order');
    const body = acme.page.getByRole('textbox', { name: 'Request body' });
    await body.fill('{"sku":"desk-oak-160","quantity":0,"colour":"red"}');
    expect(await acme.send()).toMatch(/^400 Bad Request/);
    const answer = await textOf(acme.region('Response'));
    expect(answer).toContain('Parameters and body match the endpoint’s definition');
    expect(answer).toContain('body.quantity');
    expect(answer).toContain('invalid_request');
  });

  it('explains a 429, and the other partner is not slowed down by it', async () => {
    await globex.goto('/collections/coll_inventory_read/endpoints/ep_items_get', 'Get an item');
    const statuses: string[] = [];
    while (!statuses.at(-1)?.startsWith('429') && statuses.length < 12) {
      statuses.push(await globex.send());
    }
    expect(statuses.filter((status) => status.startsWith('200'))).toHaveLength(10);
    expect(statuses.at(-1)).toMatch(/^429 Too Many Requests/);
    const answer = await textOf(globex.region('Response'));
    expect(answer).toContain('You are within your rate limit');
    expect(answer).toContain('Wait as long as Retry-After says');

    await acme.goto('/collections/coll_inventory_read/endpoints/ep_items_get', 'Get an item');
    expect(await acme.send()).toMatch(/^200 OK/);
  });

  it('shows what was used, per limit, day and profile', async () => {
    await globex.goto('/usage', 'Usage');
    const perMinute = globex.region('Limits').getByRole('meter', { name: 'Requests per minute' });
    expect(await perMinute.getAttribute('aria-valuemax')).toBe('10');
    const perDay = globex.region('Limits').getByRole('meter', { name: /Quota this day/ });
    await eventually(async () => expect(await perDay.getAttribute('aria-valuenow')).toBe('10'), {
      withinMs: 20_000,
    });
    await untilText(
      globex.region('Limits'),
      /(?:Live|From the usage ledger), as of \d\d:\d\d:\d\d/,
    );
    await untilText(globex.region('By profile'), 'sandbox 10');
    await globex.text('Show as a table').click();
    const today = new Date().toISOString().slice(0, 10);
    await untilText(globex.region('Calls per day').getByRole('table'), `${today} 10`);
    await untilText(globex.region('By endpoint').getByRole('table'), /Get an item .*11 1 /);
  });

  it('lists a partner’s own calls only, refused ones included, and filters them', async () => {
    await globex.goto('/requests', 'Requests');
    const rows = globex.region('Request log').getByRole('row');
    await eventually(async () => expect(await rows.count()).toBe(12));
    const paths = await textsOf(globex.region('Request log').getByRole('cell', { name: /GET/ }));
    expect(paths).toHaveLength(11);
    for (const path of paths) expect(path).toContain('/inventory/v1/items/desk-oak-160');

    await globex.choose('Any status', '4xx refused');
    await eventually(async () => expect(await rows.count()).toBe(2));
    expect(globex.page.url()).toContain('status=4xx');
    await globex.region('Request log').getByRole('link').click();
    await globex.heading('Request').waitFor();
    await globex.text('You are within your rate limit').waitFor();

    await globex.goto(`/requests/${(await acmeCallFromTheShell()).request_id}`, 'Request');
    await globex.text('There is no such record').waitFor();
  });

  const acmeCallFromTheShell = () =>
    eventually(async () => {
      const answer = await portico.admin.get('/request-logs?client_id=cl_acme&limit=200');
      const { data } = answer.json<{ data: { source: string; request_id: string }[] }>();
      const own = data.find(({ source }) => source === 'gateway');
      if (!own) throw new Error('the call from the shell is not recorded yet');
      return own;
    });

  it('ticks the first steps off, and goes away once the partner’s own system has called', async () => {
    await acmeCallFromTheShell();
    await acme.goto('/', 'Your APIs');
    await acme.region('Recent calls').getByRole('row').nth(1).waitFor();
    await eventually(async () => (await acme.region('Make your first call').count()) === 0);
    await globex.goto('/', 'Your APIs');
    const steps = globex.region('Make your first call');
    await untilText(steps, 'Send a test call from here (done)');
    expect(await textOf(steps)).toContain('2 of 4 done');
  });

  it('rotates a credential so that the old and the new one both work', async () => {
    const old = await portico.admin.authHeaders('pr_acme_sandbox');
    await acme.goto('/credentials', 'Credentials');
    await acme.button('Rotate secret of sandbox').click();
    const dialog = acme.page.getByRole('dialog');
    expect(await dialog.getByRole('radio', { name: '1 day' }).isChecked()).toBe(true);
    await dialog.getByRole('radio', { name: '1 hour' }).check();
    await dialog.getByRole('button', { name: 'Rotate', exact: true }).click();
    await untilText(acme.region('sandbox'), 'The new secret is in force');
    expect(await textOf(acme.region('sandbox'))).toMatch(/The old one works until .+\./);

    await acme.button('Show headers of sandbox').click();
    const fresh = await acme.copied(
      acme.region('sandbox').getByRole('button', { name: 'Copy Authorization' }),
    );
    expect(fresh).toMatch(/^Bearer portico_tok_\w{40}$/);
    expect(fresh).not.toBe(old['Authorization']);
    for (const authorization of [fresh, old['Authorization']!]) {
      const headers = { ...old, Authorization: authorization };
      const url = `${portico.gatewayUrls[0]!}/orders/v2/orders`;
      await eventually(async () => expect((await call(url, { headers })).status).toBe(200));
    }
  });

  it('follows the theme of the system until somebody uses the switch, and remembers that', async () => {
    const scheme = () => globex.page.locator('html').getAttribute('data-mantine-color-scheme');
    expect(await scheme()).toBe('dark');
    await globex.button('Globex').click();
    await globex.page.getByRole('menuitem', { name: 'Switch to light theme' }).click();
    await eventually(async () => expect(await scheme()).toBe('light'));
    await globex.page.reload();
    await globex.heading('Your APIs').waitFor();
    expect(await scheme()).toBe('light');
  });

  it('signs out, and leaves nothing of the session behind', async () => {
    await acme.goto('/collections/coll_orders_v2', 'Orders');
    await acme.button('Acme Corp').click();
    await acme.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await acme.heading('Sign in to your APIs').waitFor();
    await acme.text('You have signed out.').waitFor();
    await acme.page.goBack();
    await acme.heading('Sign in to your APIs').waitFor();
    expect(await acme.page.content()).not.toContain('Cancel an order');
  });

  it('says kindly what is wrong with a used, a broken and an unknown link', async () => {
    await acme.page.goto(usedLink);
    await acme.heading('This link does not work any more').waitFor();
    await acme.goto('/link?token=not-a-token-at-all', 'This link does not work any more');
    await acme.goto('/link', 'This link is incomplete');
    await acme.link('Get a new link').click();
    await acme.heading('Sign in to your APIs').waitFor();
  });

  it('leads back to the deep link one came for, after signing in', async () => {
    await acme.goto('/collections/coll_orders_v2?q=cancel', 'Sign in to your APIs');
    const links = await portico.mailbox.linksTo('dev@acme.example');
    await acme.page.getByLabel('Work email').fill('dev@acme.example');
    await acme.page.keyboard.press('Enter');
    await acme.heading('Check your mail').waitFor();
    const link = await eventually(async () => {
      const now = await portico.mailbox.linksTo('dev@acme.example');
      if (now.length === links.length) throw new Error('no new mail yet');
      return now.at(-1)!;
    });
    await acme.page.goto(link);
    await acme.heading('Orders').waitFor();
    expect(acme.page.url()).toContain('q=cancel');
  });

  it('shows the revoked page on the next click once an admin has turned portal access off', async () => {
    const patch = { has_portal_access: false };
    const answer = await portico.admin.send('PATCH', '/clients/cl_acme', patch);
    expect(answer.status).toBe(200);
    await acme.page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: 'Usage' })
      .click();
    await acme.heading('Sign in to your APIs').waitFor();
    await acme.text('Your access to this portal has been turned off.').waitFor();
    expect(await acme.page.content()).not.toContain('Requests per minute');

    await globex.goto('/', 'Your APIs');
    const headers = await portico.admin.authHeaders('pr_acme_sandbox');
    const still = await call(`${portico.gatewayUrls[0]!}/orders/v2/orders`, { headers });
    expect(still.status).toBe(200);
  });
});
