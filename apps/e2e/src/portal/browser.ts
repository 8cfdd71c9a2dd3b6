import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  chromium,
  type Browser as Chromium,
  type BrowserContext,
  type Page,
} from 'playwright-core';

export type Theme = 'light' | 'dark';

/** Portrait phone and a usual laptop: the two widths every page is looked at in. */
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 1000 };

export interface TabOptions {
  /** What the operating system prefers; the app follows it until somebody uses its toggle. */
  readonly theme?: Theme;
  readonly viewport?: typeof PHONE;
}

/** One browser window with cookies, storage and clipboard permission of its own. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Says that the test itself causes problems like this one from here on. */
  tolerate(problem: RegExp): void;
}

/**
 * The system's Chromium. Whatever goes wrong in any of its pages is kept, and `expectNoProblems`
 * after each test fails on it: uncaught errors, console errors, violations of the content security
 * policy, broken assets, 5xx answers, and anything asked of another machine.
 */
export class Browser {
  private problems: string[] = [];

  private constructor(private readonly chromium: Chromium) {}

  static async start(): Promise<Browser> {
    return new Browser(
      await chromium.launch({ executablePath: findChromium(), args: [...QUIET, ...LOCAL_ONLY] }),
    );
  }

  async open({ theme = 'light', viewport = DESKTOP }: TabOptions = {}): Promise<Tab> {
    const context = await this.chromium.newContext({
      viewport,
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'UTC',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    context.setDefaultTimeout(30_000);
    await context.addInitScript(REPORT_CSP_VIOLATIONS);
    const tolerated: RegExp[] = [];
    context.on('page', (page) => {
      watch(page, (problem) => {
        if (!tolerated.some((one) => one.test(problem))) this.problems.push(problem);
      });
    });
    const page = await context.newPage();
    return { page, context, tolerate: (problem) => void tolerated.push(problem) };
  }

  expectNoProblems(): void {
    const problems = this.problems;
    this.problems = [];
    if (problems.length > 0) throw new Error(`in the browser:\n  ${problems.join('\n  ')}`);
  }

  stop(): Promise<void> {
    return this.chromium.close();
  }
}

function watch(page: Page, report: (problem: string) => void): void {
  page.on('pageerror', (error) => report(`uncaught ${error.stack ?? error.message}`));
  page.on('dialog', (dialog) => {
    report(`dialog "${dialog.message()}"`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // A failed load is told by its response below, where one can see whether it was meant.
    const isLoad = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isLoad) report(`console.error ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!isLocal(request.url())) report(`a request left this machine: ${request.url()}`);
  });
  page.on('response', (response) => {
    const isApi = new URL(response.url()).pathname.startsWith('/api/');
    if (response.status() >= (isApi ? 500 : 400)) {
      report(`${response.status()} for ${response.url()}`);
    }
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? 'failed';
    // A page that is left, and a query that is no longer wanted, abort what is under way.
    if (why !== 'net::ERR_ABORTED') report(`${why} for ${request.url()}`);
  });
}

const isLocal = (url: string): boolean =>
  /^(?:data|blob|about):/.test(url) ||
  ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);

/** Runs in every document before its own scripts; the console carries it to us. */
const REPORT_CSP_VIOLATIONS = `
document.addEventListener('securitypolicyviolation', (violation) => console.error(
  'content security policy: ' + violation.violatedDirective + ' blocked ' + violation.blockedURI));`;

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** No name but ours resolves, so that a stray request cannot even succeed. */
const LOCAL_ONLY = ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'];

const MAC_APPS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A missing browser is a failure, never a skip. */
function findChromium(): string {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((dir) =>
      ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(dir, name)),
    );
  const found = [...onPath, ...MAC_APPS].find(isExecutable);
  if (found) return found;
  throw new Error('The portal is tested in a real browser: install Chromium or Google Chrome.');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
