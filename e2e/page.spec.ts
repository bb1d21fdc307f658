/** What the page promises about itself: its policy, its privacy, its looks. */
import { tooWide } from './probes';
import { expect, test } from './test';

test('a strict content security policy is in the page and holds', async ({ desk: app }) => {
  const { page } = app;
  const policy = (await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content')) ?? '';
  const directive = (name: string) =>
    policy
      .split(';')
      .map((d) => d.trim())
      .find((d) => d.startsWith(`${name} `)) ?? '';
  expect(directive('default-src')).toMatch(/'(self|none)'/);
  expect(directive('script-src')).not.toMatch(/'unsafe-inline'|'unsafe-eval'/);
  expect(directive('connect-src').split(' ').slice(1).sort()).toEqual(
    ["'self'", 'https://*.hf.co', 'https://*.huggingface.co', 'https://huggingface.co'].sort(),
  );

  app.expectProblem(/example\.com/);
  const outcome = await page.evaluate(() =>
    fetch('https://example.com/').then(
      () => 'allowed',
      () => 'refused',
    ),
  );
  expect(outcome).toBe('refused');
});

for (const scheme of ['light', 'dark'] as const) {
  test(`${scheme} after a run`, async ({ studio: { page } }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: `.out/screens/${scheme}.png`, fullPage: true });
    const size = page.viewportSize()!;
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: `.out/screens/${scheme}-small.png`, fullPage: true });
    // Nothing is wider than a phone.
    expect(await tooWide(page)).toEqual([]);
    await page.setViewportSize(size);
    const brightness = await page.evaluate(() => {
      const background =
        [document.body, document.documentElement]
          .map((e) => getComputedStyle(e).backgroundColor)
          .find((c) => !c.endsWith(', 0)')) ?? 'rgb(255, 255, 255)';
      return Math.max(
        ...background
          .match(/[\d.]+/g)!
          .slice(0, 3)
          .map(Number),
      );
    });
    if (scheme === 'dark') expect(brightness).toBeLessThan(100);
    else expect(brightness).toBeGreaterThan(200);
    await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  });
}
