import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startUpstream, type Upstream } from '@portico/testkit';
import { startStandalone, type Deployment } from '../deployment.ts';
import { Browser, PHONE } from './browser.ts';
import { answer, createEstate, NEWCOMER, PARTNER } from './estate.ts';
import { cutOff, fail, hold } from './held.ts';
import { lookAt, type Size } from './look.ts';
import { Partner } from './partner.ts';

/** A page in one of its states: how one gets there, and what is there once it is. */
type Arrive = (partner: Partner) => Promise<unknown>;
type State = readonly [name: string, arrive: Arrive, sizes?: readonly Size[]];

const endpoint = (id: string) => `/collections/coll_shapes/endpoints/${id}`;
const answerOf = async (partner: Partner, kind: string) => {
  await partner.goto(endpoint('ep_answers'), 'Get any kind of answer');
  await partner.page.getByLabel('kind').fill(kind);
  await partner.send();
};

const SIGNED_OUT: readonly State[] = [
  ['sign-in', (one) => one.goto('/sign-in', 'Sign in to your APIs')],
  [
    'sign-in with a wrong address',
    async (one) => {
      await one.goto('/sign-in', 'Sign in to your APIs');
      await one.page.getByLabel('Work email').fill('somebody');
      await one.button('Send me a sign-in link').click();
      await one.text('This does not look like an email address').waitFor();
    },
  ],
  [
    'sign-in unreachable',
    async (one) => {
      await cutOff(one.page, '/request-link');
      await one.goto('/sign-in', 'Sign in to your APIs');
      await one.page.getByLabel('Work email').fill('somebody@example.test');
      await one.button('Send me a sign-in link').click();
      await one.text('could not be reached').waitFor();
    },
  ],
  [
    'check your mail',
    async (one) => {
      await one.goto('/sign-in', 'Sign in to your APIs');
      await one.page.getByLabel('Work email').fill('somebody@example.test');
      await one.button('Send me a sign-in link').click();
      await one.heading('Check your mail').waitFor();
    },
  ],
  ['link used up', (one) => one.goto('/link?token=used', 'This link does not work any more')],
  ['link incomplete', (one) => one.goto('/link', 'This link is incomplete')],
  [
    'link revoked',
    async (one) => {
      await one.page.route('**/validate-token', (route) =>
        route.fulfill({ status: 403, json: { error: 'access_revoked', message: 'Revoked.' } }),
      );
      await one.goto('/link?token=good', 'Your access has been turned off');
    },
  ],
  [
    'link unreachable',
    async (one) => {
      await cutOff(one.page, '/validate-token');
      await one.goto('/link?token=good', 'We could not sign you in');
    },
  ],
  [
    'link being checked',
    async (one) => {
      await hold(one.page, '/validate-token');
      await one.goto('/link?token=good', 'Signing you in…');
    },
  ],
  [
    'portal unreachable',
    async (one) => {
      await cutOff(one.page, '/session');
      await one.goto('/');
      await one.text('The portal cannot be reached').waitFor();
    },
  ],
];

const BEFORE_THE_FIRST_CALL: readonly State[] = [
  [
    'dashboard of a newcomer',
    async (one) => {
      await one.goto('/', 'Your APIs');
      await one.text('No APIs yet').waitFor();
      await one.text('No calls yet').waitFor();
    },
  ],
  [
    'usage without calls',
    (one) => one.goto('/usage', 'Usage').then(() => one.text('No calls yet').first().waitFor()),
  ],
  [
    'requests without calls',
    (one) => one.goto('/requests', 'Requests').then(() => one.text('No calls found').waitFor()),
  ],
];

const BROWSING: readonly State[] = [
  [
    'dashboard',
    async (one) => {
      await one.goto('/', 'Your APIs');
      await one.region('Limits').getByRole('meter').first().waitFor();
      await one.region('Recent calls').getByRole('row').nth(2).waitFor();
    },
  ],
  [
    'dashboard loading',
    async (one) => {
      await hold(one.page, '/{collections,usage,request-logs**}');
      await one.goto('/', 'Your APIs');
    },
  ],
  [
    'dashboard failing',
    async (one) => {
      await fail(one.page, '/{collections,usage,request-logs**}');
      await one.goto('/', 'Your APIs');
      await one.button('Try again').nth(2).waitFor();
    },
  ],
  [
    'offline',
    async (one) => {
      await one.goto('/', 'Your APIs');
      await one.tab.context.setOffline(true);
      await one.text('You are offline').waitFor();
    },
  ],
  [
    'profile menu',
    async (one) => {
      await one.goto('/', 'Your APIs');
      await one.button(/^Profile:/).click();
      await one.page.getByRole('menuitemradio', { name: /^machines/ }).waitFor();
    },
  ],
  [
    'account menu',
    async (one) => {
      await one.goto('/', 'Your APIs');
      await one.button(/^Kaleido/).click();
      await one.page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    },
  ],
  [
    'navigation on a phone',
    async (one) => {
      await one.page.setViewportSize(PHONE);
      await one.goto('/', 'Your APIs');
      await one.button('Menu').click();
      await one.page.getByRole('dialog').getByRole('link', { name: 'Usage' }).waitFor();
    },
    ['phone'],
  ],
  [
    'collection',
    async (one) => {
      await one.goto('/collections/coll_shapes', 'Shapes');
      await one.chooseProfile('sandbox');
      await one.button('Reveal Authorization').waitFor();
    },
  ],
  [
    'collection with the secret revealed',
    async (one) => {
      await one.goto('/collections/coll_shapes', 'Shapes');
      await one.button('Reveal Authorization').click();
    },
  ],
  [
    'collection search without a match',
    async (one) => {
      await one.goto('/collections/coll_shapes?q=nothing+like+it', 'Shapes');
      await one.text('No endpoint matches').waitFor();
    },
  ],
  [
    'collection downloads',
    async (one) => {
      await one.goto('/collections/coll_shapes', 'Shapes');
      await one.button('Download').click();
      await one.page.getByRole('menuitem', { name: 'Postman collection' }).waitFor();
    },
  ],
  [
    'collection in another environment',
    async (one) => {
      await one.goto('/collections/coll_hostile');
      await one.chooseProfile('broken');
      await one.text('Not available in broken').waitFor();
    },
  ],
  [
    'collection loading',
    async (one) => {
      await hold(one.page, '/collections/**');
      await one.goto('/collections/coll_shapes');
      await one.page.getByRole('main').getByText('Loading…').waitFor();
    },
  ],
  [
    'collection failing',
    async (one) => {
      await fail(one.page, '/collections/**');
      await one.goto('/collections/coll_shapes');
      await one.text('This could not be loaded').waitFor();
    },
  ],
  ['not found', (one) => one.goto('/no/such/page', 'Page not found')],
  [
    'crash',
    async (one) => {
      await one.goto('/', 'Your APIs');
      await one.page.route('**/assets/UsagePage*.js', (route) => route.abort());
      await one.goto('/usage');
      await one.text('This page stopped working').waitFor();
    },
  ],
];

const CALLING: readonly State[] = [
  [
    'endpoint',
    (one) =>
      one
        .goto(endpoint('ep_fields'), 'Draw a shape')
        .then(() => one.button('Copy curl sample').waitFor()),
  ],
  [
    'endpoint with fields to fix',
    async (one) => {
      await one.goto(endpoint('ep_fields'), 'Draw a shape');
      await one.page.getByLabel('sides').fill('2');
      await one.page.getByLabel('code', { exact: true }).fill('nope');
      await one.form('Request').getByRole('button', { name: 'Send', exact: true }).click();
      await one.text('Look at 2 fields above first.').waitFor();
    },
  ],
  [
    'endpoint with extra fields and another language',
    async (one) => {
      await one.goto(endpoint('ep_fields'), 'Draw a shape');
      await one.button('Add header').click();
      await one.button('Add query parameter').click();
      await one.page.getByLabel('Name of extra header 1').fill('X-More');
      await one.page.getByRole('tab', { name: 'Python' }).click();
      await one.button('Copy Python sample').waitFor();
      await one.page.getByRole('tab', { name: 'curl' }).click();
    },
  ],
  [
    'endpoint with a body',
    (one) =>
      one
        .goto(endpoint('ep_create'), 'Create a shape')
        .then(() => one.page.getByRole('textbox', { name: 'Request body' }).waitFor()),
  ],
  [
    'endpoint with a broken body',
    async (one) => {
      await one.goto(endpoint('ep_create'), 'Create a shape');
      await one.page.getByRole('textbox', { name: 'Request body' }).fill('{"name": ');
      await one.form('Request').getByRole('button', { name: 'Send', exact: true }).click();
      await one.text('Not valid JSON').waitFor();
    },
  ],
  ['answer json', (one) => answerOf(one, 'json')],
  [
    'answer headers',
    async (one) => {
      await answerOf(one, 'json');
      await one
        .region('Response')
        .getByRole('tab', { name: /^Headers/ })
        .click();
    },
  ],
  ['answer xml', (one) => answerOf(one, 'xml')],
  ['answer html', (one) => answerOf(one, 'html')],
  ['answer image', (one) => answerOf(one, 'image')],
  ['answer binary', (one) => answerOf(one, 'binary')],
  ['answer empty', (one) => answerOf(one, 'empty')],
  ['answer 500', (one) => answerOf(one, 'fails')],
  [
    'answer 400',
    async (one) => {
      await one.goto(endpoint('ep_create'), 'Create a shape');
      await one.page.getByRole('textbox', { name: 'Request body' }).fill('{"sides":2,"more":1}');
      await one.send();
    },
  ],
  [
    'answer 429',
    async (one) => {
      await one.goto(endpoint('ep_answers'), 'Get any kind of answer');
      await one.chooseProfile('tight');
      while (!(await one.send()).startsWith('429'));
      await one.text('You are within your rate limit').waitFor();
    },
  ],
  [
    'answer 502',
    async (one) => {
      await one.goto(endpoint('ep_answers'), 'Get any kind of answer');
      await one.chooseProfile('broken');
      await one.send();
      await one.text('can be reached').waitFor();
    },
  ],
  [
    'sending',
    async (one) => {
      await hold(one.page, '/try');
      await one.goto(endpoint('ep_answers'), 'Get any kind of answer');
      await one.chooseProfile('sandbox');
      await one.form('Request').getByRole('button', { name: 'Send', exact: true }).click();
      await one.button('Cancel').waitFor();
    },
  ],
  [
    'sending failed',
    async (one) => {
      await cutOff(one.page, '/try');
      await one.goto(endpoint('ep_answers'), 'Get any kind of answer');
      await one.form('Request').getByRole('button', { name: 'Send', exact: true }).click();
      await one.text('The portal cannot be reached').waitFor();
    },
  ],
  [
    'wildcard endpoint',
    async (one) => {
      await one.goto(endpoint('ep_files'), 'Fetch a file');
      await one.chooseProfile('sandbox');
      await one.form('Request').getByRole('button', { name: 'Send', exact: true }).click();
      await one.text('Say which path below this one to call.').waitFor();
    },
  ],
  ...(['signing', 'workforce', 'machines', 'open'] as const).map((profile): State => [
    `endpoint as ${profile}`,
    async (one) => {
      await one.goto(endpoint('ep_fields'), 'Draw a shape');
      await one.chooseProfile(profile);
      await one.page.getByRole('group', { name: 'curl sample' }).waitFor();
      if (profile === 'signing') {
        await one.button(/How to sign/).click();
        await one.button('Copy signing sample').waitFor();
      }
    },
  ]),
  [
    'endpoint that wants another profile',
    async (one) => {
      await one.goto(endpoint('ep_files'), 'Fetch a file');
      await one.chooseProfile('open');
      await one.text('Another kind of profile is needed').waitFor();
    },
  ],
];

const LOOKING_BACK: readonly State[] = [
  [
    'usage',
    async (one) => {
      await one.goto('/usage', 'Usage');
      await one.text('Show as a table').click();
      await one.region('By endpoint').getByRole('table').waitFor();
    },
  ],
  [
    'usage failing',
    async (one) => {
      await fail(one.page, '/{usage,request-logs**}');
      await one.goto('/usage', 'Usage');
      await one.button('Try again').first().waitFor();
    },
  ],
  [
    'requests',
    async (one) => {
      await one.goto('/requests', 'Requests');
      await one.region('Request log').getByRole('row').nth(5).waitFor();
    },
  ],
  [
    'requests filtered to nothing',
    async (one) => {
      await one.goto('/requests?status=401&path=/nowhere', 'Requests');
      await one.text('Nothing matches these filters').waitFor();
    },
  ],
  [
    'requests loading',
    async (one) => {
      await hold(one.page, '/request-logs**');
      await one.goto('/requests', 'Requests');
    },
  ],
  [
    'requests failing',
    async (one) => {
      await fail(one.page, '/request-logs**');
      await one.goto('/requests', 'Requests');
      await one.text('This could not be loaded').waitFor();
    },
  ],
  [
    'request',
    async (one) => {
      await one.goto('/requests?status=400', 'Requests');
      await one.region('Request log').getByRole('link').first().click();
      await one.region('Response').waitFor();
    },
  ],
  [
    'request not found',
    (one) =>
      one
        .goto('/requests/req_nowhere', 'Request')
        .then(() => one.text('There is no such record').waitFor()),
  ],
  [
    'credentials',
    async (one) => {
      await one.goto('/credentials', 'Credentials');
      await one.text('Its SHA-256').waitFor();
      await one.button('Show headers of open').click();
      await one.button('Copy X-Profile-ID').waitFor();
    },
  ],
  [
    'rotating',
    async (one) => {
      await one.goto('/credentials', 'Credentials');
      await one.button('Rotate secret of tight').click();
      await one.page.getByRole('radio', { name: 'Not at all: end it now' }).check();
    },
  ],
  [
    'rotating failed',
    async (one) => {
      await fail(one.page, '/profiles/*/rotate');
      await one.goto('/credentials', 'Credentials');
      await one.button('Rotate secret of tight').click();
      await one.page
        .getByRole('dialog')
        .getByRole('button', { name: 'Rotate', exact: true })
        .click();
      await one.text('Nothing was changed').waitFor();
    },
  ],
  [
    'rotated',
    async (one) => {
      await one.goto('/credentials', 'Credentials');
      await one.button('Rotate secret of tight').click();
      await one.page
        .getByRole('dialog')
        .getByRole('button', { name: 'Rotate', exact: true })
        .click();
      await one.text('The new secret is in force').waitFor();
    },
  ],
  [
    'signed out',
    async (one) => {
      await one.goto('/', 'Your APIs');
      await one.button(/^Kaleido/).click();
      await one.page.getByRole('menuitem', { name: 'Sign out' }).click();
      await one.text('You have signed out.').waitFor();
    },
  ],
];

describe('every page and state, in both themes, on a phone and on a laptop', () => {
  let portico: Deployment;
  let browser: Browser;
  let upstream: Upstream;
  let visitor: Partner;

  beforeAll(async () => {
    [portico, browser, upstream] = await Promise.all([
      startStandalone(),
      Browser.start(),
      startUpstream(answer),
    ]);
    await createEstate(portico.admin, upstream.url);
  }, 180_000);

  afterEach(async () => {
    await visitor.tab.context.setOffline(false);
    await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
    browser.expectNoProblems();
  });

  afterAll(async () => {
    await browser?.stop();
    await Promise.all([portico?.stop(), upstream?.stop()]);
  });

  const enterAs = async (email?: string) => {
    const entered = await Partner.inNewTab(portico, browser);
    // Cut connections and broken answers are what these states are about.
    entered.tab.tolerate(/net::ERR_(?:CONNECTION_REFUSED|FAILED|INTERNET_DISCONNECTED)/);
    entered.tab.tolerate(/^500 for .*\/api\/v1\/developer-portal\//);
    entered.tab.tolerate(/Failed to fetch dynamically imported module/);
    if (email !== undefined) await entered.signIn(email);
    return entered;
  };

  // Rest parameters: Jest takes a declared third one, where a row has two, for its `done`.
  const inspect = async (...[name, arrive, sizes]: State): Promise<void> => {
    await arrive(visitor);
    expect(await lookAt(visitor.page, name, sizes ?? ['phone', 'desktop'])).toEqual([]);
  };

  describe('signed out', () => {
    beforeAll(async () => void (visitor = await enterAs()));
    it.each(SIGNED_OUT)('%s', inspect);
  });

  describe('before the first call', () => {
    beforeAll(async () => void (visitor = await enterAs(NEWCOMER)));
    it.each(BEFORE_THE_FIRST_CALL)('%s', inspect);
  });

  describe('as a partner', () => {
    beforeAll(async () => {
      visitor = await enterAs(PARTNER);
      await visitor.chooseProfile('sandbox');
    });
    it.each(CALLING)('%s', inspect);
    it.each(LOOKING_BACK.slice(0, -1))('%s', inspect);
    it.each(BROWSING)('%s', inspect);
    it.each(LOOKING_BACK.slice(-1))('%s', inspect);
  });
});
