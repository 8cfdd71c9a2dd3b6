import type { Page, Route } from 'playwright-core';

const API = '**/api/v1/developer-portal';

/** API answers that are on their way for as long as the test wants. */
export interface Held {
  release(): Promise<void>;
}

/** Keeps requests below `path` waiting, so that the loading state stays. */
export async function hold(page: Page, path: string): Promise<Held> {
  const gate = Promise.withResolvers<void>();
  const pattern = `${API}${path}`;
  const handler = async (route: Route) => {
    await gate.promise;
    // The page may have given up on it by now.
    await route.continue().catch(() => undefined);
  };
  await page.route(pattern, handler);
  return {
    release: async () => {
      gate.resolve();
      await page.unroute(pattern, handler);
    },
  };
}

/** The control plane is there, and in trouble. */
export const fail = (page: Page, path: string, status = 500): Promise<unknown> =>
  page.route(`${API}${path}`, (route) =>
    route.fulfill({
      status,
      json: {
        error: 'internal_error',
        message: 'Something went wrong on our side.',
        request_id: 'req_01_made_up_by_the_test',
      },
    }),
  );

/** Nothing answers. */
export const cutOff = (page: Page, path: string): Promise<unknown> =>
  page.route(`${API}${path}`, (route) => route.abort('connectionrefused'));
