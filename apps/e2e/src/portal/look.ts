import { createRequire } from 'node:module';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { DESKTOP, PHONE, type Theme } from './browser.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../screenshots/', import.meta.url));
const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const THEMES: readonly Theme[] = ['light', 'dark'];
const SIZES = { desktop: DESKTOP, phone: PHONE } as const;
export type Size = keyof typeof SIZES;

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
  readonly nodes: readonly {
    readonly target: readonly string[];
    readonly failureSummary: string;
  }[];
}

/** Every rule axe knows: WCAG 2.0 to 2.2, A and AA, and its best practices. */
async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(await axeSource);
  const violations = await page.evaluate<Violation[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, impact, help, nodes }) => ({ id, impact, help,
        nodes: nodes.map(({ target, failureSummary }) => ({ target, failureSummary })) })))`,
  );
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target, failureSummary }) =>
      [`${id} (${impact}): ${help}`, `at ${target.join(' ')}`, failureSummary].join('\n    '),
    ),
  );
}

/**
 * Looks at a state: a picture for people in every size and theme, sideways scrolling in every size,
 * axe in every theme, light on the phone and dark on the laptop: both layouts, at half the time.
 */
export async function lookAt(page: Page, name: string, sizes: readonly Size[]): Promise<string[]> {
  await mkdir(SCREENSHOTS, { recursive: true });
  // A tooltip under the resting mouse is no part of the state.
  await page.mouse.move(0, 0);
  await page.evaluate('scrollTo(0, 0)');
  const found: string[] = [];
  for (const size of sizes) {
    await page.setViewportSize(SIZES[size]);
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      await page.locator(`html[data-mantine-color-scheme="${theme}"]`).waitFor();
      await page.screenshot({
        path: `${SCREENSHOTS}${name.replaceAll(/[^\w]+/g, '-')}.${size}.${theme}.png`,
        fullPage: true,
        animations: 'disabled',
      });
      if (sizes.length > 1 && AXE_AT[theme] !== size) continue;
      for (const one of await axeViolations(page)) found.push(`${size}, ${theme}: ${one}`);
    }
    const overhang = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    if (overhang > 0) found.push(`${size}: scrolls sideways by ${overhang} px`);
  }
  return found;
}

const AXE_AT: Readonly<Record<Theme, Size>> = { light: 'phone', dark: 'desktop' };
