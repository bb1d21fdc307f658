/** Playwright's `test` with the app at hand. After every test the page must have had nothing to complain about. */
import { test as base, expect } from '@playwright/test';
import { App } from './app';

export const test = base.extend<{ app: App }>({
  app: async ({ page, baseURL }, provide) => {
    const app = new App(page, baseURL!);
    await provide(app);
    expect(app.problems, 'console errors, CSP violations or foreign requests').toEqual([]);
  },
});

export { expect };
