/** What can hang can be left: a download that does not come, a worker that does not hear. What was open stays. */
import { join } from 'node:path';
import { readRepo, serveHub } from './hub';
import { expect, test } from './test';

const onHub = /request to https:\/\/huggingface\.co\/|Failed to load resource|net::ERR|aborted/;

test('what does not come to an end is left: weights that do not come, a text that a tokenizer does not survive', async ({
  app,
  context,
}) => {
  app.expectProblem(onHub);
  await app.open();
  const { page } = app;
  const files = readRepo(join('public', 'models', 'sieve-stories-nano'));

  await test.step('weights that do not come: the model before is as it was', async () => {
    await serveHub(context, { 'someone/stalled': files });
    await context.route('https://huggingface.co/**/model.onnx', async (route) => {
      if (route.request().method() === 'HEAD') await route.fallback();
      // A GET is never answered, before the test is over.
    });
    await app.openFromHub('someone/stalled');
    await expect(app.get('model-status')).toHaveAttribute('data-status', 'opening');
    await app.get('model-cancel').click();
    await expect(app.get('model-status')).toHaveAttribute('data-status', 'ready');
    await expect(app.get('model-status')).toContainText('sieve-stories-nano');
    expect(await page.getByTestId('error-alert').count()).toBe(0);
    await app.dataReady();
    await app.small(2);
    await app.train();
    await context.unrouteAll({ behavior: 'ignoreErrors' });
  });

  await test.step('a tokenizer that never ends: the page goes on with what was open', async () => {
    const file = JSON.parse(files['tokenizer.json'].toString()) as Record<string, unknown>;
    // Harmless but at a long row of one letter.
    file.pre_tokenizer = {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: '(q+)+$' }, behavior: 'Isolated', invert: false },
        file.pre_tokenizer,
      ],
    };
    await serveHub(context, { 'someone/slow': { ...files, 'tokenizer.json': Buffer.from(JSON.stringify(file)) } });
    await app.openFromHub('someone/slow');
    await app.modelReady();
    await app.dataReady();
    const rows = Array.from({ length: 10 }, (_, i) =>
      JSON.stringify({ prompt: `say ${i}`, completion: `${'q'.repeat(60)}! ${i}` }),
    ).join('\n');
    await app
      .get('data-file')
      .setInputFiles({ name: 'slow.jsonl', mimeType: 'application/json', buffer: Buffer.from(rows) });
    await app.get('data-cancel').click();
    await expect(page.locator('#data').getByTestId('data-cancel')).toHaveCount(0, { timeout: 10_000 });
    await app.loadSample((await app.samples())[0]);
    await app.dataReady();
    expect(await page.locator('#data').getByTestId('error-alert').count()).toBe(0);
  });
});
