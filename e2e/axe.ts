/** What axe finds on the page, in words. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';

/**
 * Every rule that is on by default, and the size of targets (WCAG 2.2), which is not.
 * @param part of the page, where the rest has been looked at before
 * @param only rules, likewise
 */
export async function axeFinds(page: Page, part?: string, only?: string[]): Promise<string[]> {
  // From the top: fields that have scrolled half way under the bar would count as too small.
  await page.evaluate(() => scrollTo(0, 0));
  // axe itself is put into the page once; a builder without a source would evaluate its half a megabyte twice, each
  // time.
  const axeSource = (await page.evaluate(() => 'axe' in globalThis)) ? 'void 0' : undefined;
  // Legacy: in the page itself. Otherwise what was found is put together in a second page, a new one each time.
  const axe = new AxeBuilder({ page, axeSource }).setLegacyMode().options({
    resultTypes: ['violations'],
    preload: false,
    ...(only ? { runOnly: only } : { rules: { 'target-size': { enabled: true } } }),
  });
  const { violations } = await (part ? axe.include(part) : axe).analyze();
  return violations.flatMap((v) =>
    v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.failureSummary?.replace(/\s+/g, ' ')}`),
  );
}

/** Opens all details that a selector names. */
export const unfold = (page: Page, which: string): Promise<void> =>
  page.locator(which).evaluateAll((all) =>
    all.forEach((d) => {
      (d as HTMLDetailsElement).open = true;
    }),
  );
