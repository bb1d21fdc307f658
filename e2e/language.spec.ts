/** The page in Chinese: chosen by the browser or by a person, whole, and with data in Chinese. */
import { tooWide } from './probes';
import { chineseIn, englishIn, type Part, PARTS } from './language';
import { expect, test } from './test';

test.use({ locale: 'zh-CN' });

/** Columns and labels of the sample set. */
const OWN = ['text', 'label', 'happy', 'proud', 'angry', 'scared', 'sad'];
const CHINESE = Array.from({ length: 30 }, (_, i) => ({
  prompt: `小狐狸第 ${i} 次去了哪里？`,
  completion: `它去了湖边，看见一盏灯笼。`,
}));

test('speaks the browser’s language; the button and a key change it, and a reload keeps it', async ({ app, page }) => {
  const html = page.locator('html');
  await app.openWithoutModel();
  await expect(html).toHaveAttribute('lang', 'zh');
  await expect(page).toHaveTitle(/微调/);
  await expect(page.locator('#model-title')).toContainText('模型');
  await app.loadSample('feelings');
  await expect(app.get('sample-feelings')).toContainText('情绪');

  await app.get('language-en').click();
  await expect(html).toHaveAttribute('lang', 'en');
  await expect(page.locator('#model-title')).toContainText('Model');
  await expect(app.get('sample-feelings')).toHaveAttribute('aria-pressed', 'true');
  await expect(app.get('announcer')).toHaveText('Language: English');
  // The focus is on the way back.
  await expect(app.get('language-zh')).toBeFocused();
  await expect(app.get('language-zh')).toHaveAttribute('lang', 'zh');
  await page.keyboard.press('Enter');
  await expect(html).toHaveAttribute('lang', 'zh');
  await expect(app.get('announcer')).toHaveText('语言：中文');

  // What was typed and unfolded stays, and the page stays where it was read.
  await app.get('data-search').fill('ball');
  const details = page.locator('#compare details').first();
  await details.locator('summary').click();
  await page.keyboard.press('4');
  await page.keyboard.press('l');
  await expect(html).toHaveAttribute('lang', 'en');
  await expect(page.locator('#history')).toBeInViewport();
  await expect(page.locator('#history h2')).toBeFocused();
  await expect(app.get('data-search')).toHaveValue('ball');
  await expect(details).toHaveAttribute('open');
  await page.reload();
  await expect(html).toHaveAttribute('lang', 'en');
  await expect(page.locator('#data-title')).toContainText('Data');
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await app.get('language-zh').click();
    await expect(html).toHaveAttribute('lang', 'zh');
    expect(await tooWide(page), `${width} px`).toEqual([]);
    await app.get('language-en').click();
    await expect(html).toHaveAttribute('lang', 'en');
  }
});

test('Chinese text stays whole, and no English is left in any part of the page', async ({ app, page }) => {
  test.slow();
  const look = async (part: Part) => expect.soft(await englishIn(page, part, OWN), part).toEqual([]);
  await app.open();
  await test.step('Chinese text stays whole in rows and chips', async () => {
    await app.loadFile({
      name: '狐狸.jsonl',
      mimeType: 'application/x-ndjson',
      text: CHINESE.map((row) => JSON.stringify(row)).join('\n'),
    });
    const preview = app.get('data-preview');
    await expect(preview.locator('.chips').first()).toContainText('狐');
    const shown = await preview
      .locator('.chips')
      .evaluateAll((all) => all.map((e) => (e.textContent ?? '').replaceAll('·', '')));
    for (const text of shown)
      expect(text).toMatch(/^(<\|endoftext\|>)?小狐狸第 \d+ 次去了哪里？↵它去了湖边，看见一盏灯笼。/);
    await expect(preview.locator('.chip-rest').first()).toHaveAttribute('title', /“小”的字节 [0-9A-F]{2}/);
    await app.goTo('setup/data/rows');
    await expect(app.get('data-line').first()).toContainText('小狐狸');
    expect(await page.locator('#data').innerText()).not.toMatch(/\\x[0-9A-F]{2}|\ufffd/);
    await app.loadSample('ships-log');
  });

  // The fields go by their English names; the data and the run that are looked at are read in Chinese.
  await app.get('language-en').click();
  await app.small(4);
  await app.get('language-zh').click();
  await app.loadSample('feelings');
  for (const key of ['keys', 'tour'] as const) {
    await app.get({ keys: 'shortcuts-open', tour: 'tour-start' }[key]).click();
    await look(key);
    await app.get({ keys: 'shortcuts-close', tour: 'tour-end' }[key]).click();
  }
  await app.train();
  await app.compare('Mia was at the farm.');
  await app.get('saved-session').first().waitFor();
  await app.get('experiment-compare').click();
  await app.get('experiment-form').locator('input[type="number"]').first().fill('1');
  await app.get('experiment-start').click();
  await app.experimentDone(1);
  await app.goTo('setup/data/rows');
  await app.get('data-line').first().click();
  await page.locator('details').evaluateAll((all) =>
    all.forEach((d) => {
      (d as HTMLDetailsElement).open = true;
    }),
  );
  for (const part of Object.keys(PARTS) as Part[]) await look(part);
  await app.get('language-en').click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  expect(await chineseIn(page, ['中文', '情绪', '1 个种子', '第一行里有名称'])).toEqual([]);
});
