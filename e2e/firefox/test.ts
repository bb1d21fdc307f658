/** The tests' `test` in an installed Firefox, driven over WebDriver BiDi: the same app at hand, the same quiet page. */
import type { Browser } from '@playwright/test';
import { test as base } from '../test';
import { bridge } from './bidi';

export { expect } from '../test';

export const test = base.extend<object, { browser: Browser }>({
  browser: [
    async ({ browser }, provide) => {
      bridge(browser);
      await provide(browser);
    },
    { scope: 'worker' },
  ],
});
