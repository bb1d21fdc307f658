import { defineConfig } from '@playwright/test';
import { browserPath, firefoxPath, journeyArgs, plainArgs, webgpuTestArgs } from './.ci/browser.mjs';

/**
 * The journeys run on the production build, served below a sub-path as a static host would: in Chromium as people have
 * it, which computes on the CPU; what needs a GPU, and the whole of it by mouse, also in one with WebGPU; and those of
 * e2e/firefox in an installed Firefox, driven over WebDriver BiDi.
 */
const port = Number(process.env.SIEVE_PORT ?? 4317);
const base = '/sieve/';
const dist = '.out/e2e-dist';
/** SIEVE_URL names a running app to test instead, a dev server say. */
const url = process.env.SIEVE_URL ?? `http://127.0.0.1:${port}${base}`;

/** Only where there is one: what is a project here must be able to run. */
const firefox = firefoxPath() && {
  name: 'firefox',
  workers: 1,
  testMatch: 'firefox/**/*.spec.ts',
  // `colorScheme`: see e2e/firefox/bidi.ts. For a picture Playwright breaks the page's policy.
  use: {
    browserName: 'firefox' as const,
    channel: 'moz-firefox',
    colorScheme: null,
    screenshot: 'off' as const,
    launchOptions: { executablePath: firefoxPath() },
  },
};

export default defineConfig({
  testDir: 'e2e',
  outputDir: '.out/e2e-results',
  // A page that opens a model waits as long as it computes: two share two cores better than one uses them.
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    baseURL: url,
    headless: true,
    viewport: { width: 1280, height: 900 },
    actionTimeout: 30_000,
    // Every test has a fresh profile: each would fetch and hash the whole app again. offline.spec.ts allows it.
    serviceWorkers: 'block',
    // A trace takes two fifths of all processor time: `--trace retain-on-failure` for a test that fails and does not
    // say why.
    screenshot: 'only-on-failure',
  },
  // The longest first: two workers then end at about the same time.
  projects: [
    {
      name: 'webgpu',
      testMatch: ['webgpu.spec.ts', 'studio.spec.ts'],
      grep: /software GPU|by mouse/,
      use: { launchOptions: { executablePath: browserPath(), args: webgpuTestArgs } },
    },
    ...(firefox ? [firefox] : []),
    {
      name: 'chromium',
      testIgnore: ['firefox/**', 'speed.spec.ts'],
      grepInvert: /software GPU/,
      use: {
        launchOptions: { executablePath: browserPath(), args: journeyArgs },
        // Pictures that nobody watches are not drawn sixty times a second; pages of their own (newProfile) have them
        // move.
        contextOptions: { reducedMotion: 'reduce' },
      },
    },
    // What is timed has the machine to itself, when all else is over.
    {
      name: 'speed',
      testMatch: 'speed.spec.ts',
      dependencies: ['webgpu', ...(firefox ? [firefox.name] : []), 'chromium'],
      workers: 1,
      use: { launchOptions: { executablePath: browserPath(), args: plainArgs } },
    },
  ],
  webServer: process.env.SIEVE_URL
    ? undefined
    : {
        command: `npx vite build --base ${base} --outDir ${dist} --emptyOutDir && npx vite preview --base ${base} --outDir ${dist} --host 127.0.0.1 --port ${port} --strictPort`,
        url,
        reuseExistingServer: false,
        timeout: 180_000,
      },
});
