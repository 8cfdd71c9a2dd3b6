import { eventually } from '@portico/testkit';
import type { Locator, Page } from 'playwright-core';
import type { Deployment } from '../deployment.ts';
import { PortalVisitor, requestedLink } from '../portal-visitor.ts';
import type { Browser, Tab, TabOptions } from './browser.ts';

/** A partner developer in front of the portal: says in the portal's own words what to do. */
export class Partner {
  readonly page: Page;

  constructor(
    readonly portico: Deployment,
    readonly tab: Tab,
  ) {
    this.page = tab.page;
  }

  static async inNewTab(portico: Deployment, browser: Browser, options?: TabOptions) {
    return new Partner(portico, await browser.open(options));
  }

  /** Opens a page of the portal and waits for its heading. */
  async goto(path: string, heading?: string | RegExp): Promise<void> {
    await this.page.goto(`${this.portico.controlPlaneUrl}${path}`);
    if (heading !== undefined) await this.heading(heading).waitFor();
  }

  /** Signed in by a fresh link, the short way. */
  async signIn(email: string): Promise<void> {
    const visitor = new PortalVisitor(this.portico.controlPlaneUrl);
    await this.page.goto(await requestedLink(visitor, this.portico.mailbox, email));
    await this.heading('Your APIs').waitFor();
  }

  async chooseProfile(name: string): Promise<void> {
    await this.button(/^Profile:/).click();
    await this.page.getByRole('menuitemradio', { name: new RegExp(`^${name} `) }).click();
    await this.button(new RegExp(`^Profile: ${name} `)).waitFor();
  }

  /** Presses Send and waits for the answer's status. */
  async send(): Promise<string> {
    await this.form('Request').getByRole('button', { name: 'Send', exact: true }).click();
    return this.answeredStatus();
  }

  async answeredStatus(): Promise<string> {
    return textOf(this.region('Response').getByRole('status').first());
  }

  /** What the clipboard holds after pressing a copy button. */
  async copied(button: Locator): Promise<string> {
    await this.page.evaluate(`navigator.clipboard.writeText('')`);
    await button.click();
    // It is written a moment after the click.
    return eventually(async () => {
      const text = await this.page.evaluate<string>('navigator.clipboard.readText()');
      if (text === '') throw new Error('nothing was copied yet');
      return text;
    });
  }

  async choose(combobox: string, option: string): Promise<void> {
    await this.page.getByRole('combobox', { name: combobox }).click();
    await this.page.getByRole('option', { name: option, exact: true }).click();
  }

  heading(name: string | RegExp): Locator {
    const exact = typeof name === 'string';
    return this.page.getByRole('heading', { level: 1, name, exact });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  link(name: string | RegExp): Locator {
    return this.page.getByRole('main').getByRole('link', { name });
  }

  region(name: string): Locator {
    return this.page.getByRole('region', { name, exact: true });
  }

  form(name: string): Locator {
    return this.page.getByRole('form', { name });
  }

  text(words: string | RegExp): Locator {
    return this.page.getByText(words);
  }
}

export const textOf = async (locator: Locator): Promise<string> =>
  (await locator.innerText()).replace(/\s+/g, ' ').trim();

/** Of at least one, which it waits for; the others of its list are drawn with it. */
export const textsOf = async (locator: Locator): Promise<string[]> => {
  await locator.first().waitFor();
  return (await locator.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
};

/** Waits until the words are there; Playwright's own waiting covers what is merely not shown yet. */
export const untilText = (locator: Locator, words: string | RegExp): Promise<string> =>
  eventually(async () => {
    const text = await textOf(locator);
    const isThere = typeof words === 'string' ? text.includes(words) : words.test(text);
    if (!isThere) throw new Error(`waiting for ${String(words)}, there is: ${text}`);
    return text;
  });
