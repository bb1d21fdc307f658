/** Start, pause, resume, stop, again; and the same again. */
import { FILES } from './data';
import { expect, test } from './test';

test('pause holds the run, resume goes on, stop keeps what was learnt, and the page trains again', async ({
  app,
  page,
}) => {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(2000);

  await test.step('pause, measure, go on', async () => {
    await app.get('train-button').click();
    await app.waitSteps(3);
    await app.get('pause-button').click();
    await app.waitPhase(['paused'], 20_000);
    const held = await app.steps();
    await page.waitForTimeout(1500);
    expect(await app.steps()).toBe(held);

    await page.getByText('Where the time goes').click();
    await app.get('profile-button').click();
    await expect(app.get('profile-table')).toBeVisible({ timeout: 60_000 });
    const kernels = await app.table('profile-table');
    expect(kernels.map((row) => row[0])).toEqual(
      expect.arrayContaining(['matmul/q_proj', 'adapter forward', 'rmsNorm']),
    );
    expect(await app.steps(), 'measuring learns nothing').toBe(held);

    await app.get('resume-button').click();
    await app.waitSteps(held + 3);
  });

  await test.step('the token view follows a text of the user’s choice', async () => {
    await app.get('watch-text').fill('The dragon lost his little hat.');
    await app.get('watch-use').click();
    await expect(app.get('token-view')).toContainText('dragon', { timeout: 60_000 });
    const step = Number(await app.get('token-view').getAttribute('data-step'));
    await expect
      .poll(async () => Number(await app.get('token-view').getAttribute('data-step')), { timeout: 60_000 })
      .toBeGreaterThan(step);
  });

  await test.step('stop keeps what was learnt', async () => {
    await app.get('stop-button').click();
    await app.waitPhase(['stopped'], 30_000);
    const kept = await app.steps();
    expect(kept).toBeGreaterThan(6);
    expect(kept).toBeLessThan(2000);
    const answers = await app.compare('Once upon a time');
    expect(Object.keys(answers).sort()).toEqual(['base', 'lora', 'ts-lora']);
  });

  await test.step('the same seed gives the same losses', async () => {
    await app.set('steps', 8);
    await app.set('evalInterval', 4);
    await app.train();
    expect(await app.steps()).toBe(8);
    const [losses, final] = [await app.table('loss-table'), await app.table('final-table')];
    await app.train();
    expect(await app.table('loss-table')).toEqual(losses);
    expect(await app.table('final-table')).toEqual(final);
  });

  await test.step('early stopping ends runs that no longer get better, and says on what it was decided', async () => {
    await app.set('steps', 12);
    await app.set('evalInterval', 6);
    await app.set('learningRate', 1e-12);
    await page.locator('#configure .check', { hasText: 'Early stopping' }).click();
    await expect(page.locator('#configure')).toContainText('Early stopping looks at the validation split itself');
    await app.set('patience', 1);
    await app.train();
    expect(await app.steps()).toBeLessThan(12);
    await expect(app.get('work-table').getByText('stopped early')).toHaveCount(2);
  });
});
