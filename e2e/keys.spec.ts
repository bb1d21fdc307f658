/**
 * What is worked by keyboard alone, on one visit: the tour, and the keys of the page; both are as they were left after
 * a reload.
 */
import { expect, test } from './test';

test('the tour gives the focus back and is offered once; keys are listed under ?, and can be switched off', async ({
  app,
  page,
}) => {
  await app.openSoon();

  await test.step('the tour, while the model opens', async () => {
    await expect(app.get('tour-invite')).toBeVisible();
    await app.get('tour-start').focus();
    await page.keyboard.press('Enter');
    const tour = app.get('tour');
    await expect(tour.getByRole('heading')).toBeFocused();
    for (let i = 0; i < 3; i++) await app.get('tour-next').press('Enter');
    await expect(tour).toContainText('Stop 4 of 6');
    await expect(page.locator('#train')).toHaveClass(/tour-here/);
    await expect(page.locator('#train')).toBeInViewport();
    await page.keyboard.press('Escape');
    await expect(tour).toHaveCount(0);
    await expect(page.locator('.menu-more > summary')).toBeFocused();
  });

  // What is announced on the way would take the place of what a key says.
  await app.modelReady();
  await app.dataReady();
  const list = app.get('shortcuts');

  await test.step('the list of keys', async () => {
    await page.keyboard.press('3');
    await expect(page.locator('#experiment-title')).toBeFocused();
    await expect(page.locator('#experiment .tabs')).toBeInViewport();
    await page.keyboard.press('?');
    await expect(list.getByRole('heading', { name: 'Keys' })).toBeFocused();
    // No key of the page while the list is open, and the focus stays in it.
    await page.keyboard.press('1');
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press('Tab');
      expect(
        await page.evaluate(
          () =>
            document.activeElement === document.body ||
            document.activeElement?.closest('[data-testid="shortcuts"]') !== null,
        ),
      ).toBe(true);
    }
    await page.keyboard.press('Escape');
    await expect(list).toBeHidden();
    await expect(page.locator('#experiment-title')).toBeFocused();
  });

  await test.step('keys are the page’s, a field’s, or off', async () => {
    await page.keyboard.press('c');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await expect(app.get('announcer')).toHaveText('Colours: light');
    await app.get('compare-prompt').focus();
    await page.keyboard.type('c?1');
    await expect(app.get('compare-prompt')).toHaveValue('c?1');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');

    await app.get('shortcuts-open').click();
    await list.getByLabel('Enable these keys').uncheck();
    await app.get('shortcuts-close').click();
    await expect(app.get('shortcuts-open')).toBeFocused();
    for (const key of ['c', '?']) await page.keyboard.press(key);
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await expect(list).toBeHidden();
  });

  await test.step('after a reload', async () => {
    await page.reload();
    await expect(page.locator('.menu-more > summary')).toBeVisible();
    await expect(app.get('tour-invite')).toHaveCount(0);
    await page.keyboard.press('c');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  });
});
