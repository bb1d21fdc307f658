/** An adapter leaves the page as a zip and comes back as the same adapter. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { PlayedHub } from '../src/hub/testing/playedHub';
import { FILES } from './data';
import { servePushes } from './hub';
import { expect, test } from './test';

/** Where CI's Python finds the adapters, one folder each; the logits the page has with them lie in the zips. */
const OUT = '.out/export';
/** The same for ONNX Runtime. */
const ONNX = '.out/export-onnx/page';
const TOKEN = 'hf_abcdefgh12345678';

test('export, reload, import: the same answers; what is no adapter is refused in words', async ({
  app,
  page,
  context,
}) => {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(30);
  await app.train();
  await app.temperature(0);
  const prompt = 'What colour is the hat of Tom?';
  const before = await app.compare(prompt);
  rmSync(OUT, { recursive: true, force: true });
  const zips: string[] = [];
  for (const id of ['lora', 'ts-lora']) {
    const zip = `${OUT}/${id}/${id}.zip`;
    mkdirSync(`${OUT}/${id}`, { recursive: true });
    await app.exportRun(id, zip);
    const files = unzipSync(readFileSync(zip));
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        'adapter_config.json',
        'adapter_model.safetensors',
        ...(id === 'ts-lora' ? ['load_gated.py'] : []),
      ]),
    );
    const json = (name: string) => JSON.parse(Buffer.from(files[name]).toString()) as unknown;
    expect(json('check.json')).toMatchObject({ model: 'sieve-stories-nano', width: 4096 });
    expect(files['check.json'].length).toBeLessThan(10_000);
    expect(json('adapter_config.json')).toMatchObject({ peft_type: id === 'lora' ? 'LORA' : 'TS_LORA' });
    zips.push(zip);
  }

  const merged = `${OUT}/lora-merged/lora.zip`;
  mkdirSync(`${OUT}/lora-merged`, { recursive: true });
  await app.exportRun('lora', merged, 'safetensors');
  const files = unzipSync(readFileSync(merged));
  expect(Object.keys(files).sort()).toEqual([
    'README.md',
    'check.json',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const card = Buffer.from(files['README.md']).toString();
  expect(card).toContain('AutoModelForCausalLM');
  expect(card).toMatch(/\| validation \| \d\.\d+ \|/);
  mkdirSync(ONNX, { recursive: true });
  await app.exportRun('ts-lora', `${ONNX}/ts-lora.zip`, 'onnx');
  const model = unzipSync(readFileSync(`${ONNX}/ts-lora.zip`));
  expect(Object.keys(model)).toEqual(
    expect.arrayContaining(['index.html', 'check.json', 'model/config.json', 'model/onnx/model.onnx']),
  );
  expect(Buffer.from(model['index.html']).toString()).toContain('"text-generation", "model", { dtype: "fp32" }');
  await app.get('export-ts-lora').click();
  await app.get('export-kind-safetensors').check();
  await expect(app.get('export-why-not')).toContainText('cannot be merged');
  await expect(app.get('export-save')).toBeDisabled();
  await page.keyboard.press('Escape');
  await expect(app.get('export-dialog')).toBeHidden();

  await test.step('pushed to a hub: what the zip holds, once its list was seen, and to nobody else', async () => {
    app.expectProblem(/request to https:\/\/huggingface\.co\/|Failed to load resource/);
    const hub = new PlayedHub({ origin: 'https://huggingface.co', token: TOKEN });
    await servePushes(context, hub);
    await app.get('export-lora').click();
    await app.get('push').locator('summary').click();
    await app.get('push-repository').fill('me/fox');
    await app.get('push-token').fill(TOKEN);
    await app.get('push-list').click();
    const zip = unzipSync(readFileSync(zips[0]));
    const listed = app.get('push-files').locator('tbody th');
    await expect(listed).toHaveText([...Object.keys(zip), 'Total']);
    await expect(app.get('push-where')).toContainText('https://huggingface.co/me/fox, a new private repository');
    expect(hub.asked, 'before it is pressed').toEqual([]);
    hub.failing = { path: /create/, status: 403 };
    await app.get('push-send').click();
    await expect(app.get('export-dialog').getByTestId('error-alert')).toContainText('does not let this access token');
    hub.failing = null;
    await app.get('push-send').click();
    await expect(app.get('push-done').locator('a')).toHaveAttribute('href', 'https://huggingface.co/me/fox');
    const { visibility, commits } = hub.repositories.get('me/fox')!;
    expect(visibility).toBe('private');
    const sent = commits[0].files;
    expect([...sent.keys()]).toEqual(Object.keys(zip));
    expect(Buffer.compare(sent.get('adapter_model.safetensors')!, zip['adapter_model.safetensors'])).toBe(0);
    expect(Buffer.from(sent.get('README.md')!).toString()).toContain('PeftModel.from_pretrained(base, "me/fox")');
    await app.get('export-kind-onnx').check();
    await app.get('push-list').click();
    await expect(listed.last()).toHaveText('Total');
    const names = await listed.allTextContents();
    expect(names).toEqual(expect.arrayContaining(['README.md', 'config.json', 'onnx/model.onnx']));
    expect(names, 'a page of its own').not.toContain('index.html');
    await app.get('export-close').click();
    await app.get('export-lora').click();
    await app.get('push').locator('summary').click();
    await expect(app.get('push-token')).toHaveValue('');
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
    expect(kept).not.toContain(TOKEN);
    await page.keyboard.press('Escape');
  });

  // As in another tab: in this one the session would be open again.
  await page.evaluate(() => sessionStorage.clear());
  await app.open();
  // The prompt template is the data set's: the same file, the same prompt.
  await app.loadFile(FILES[0]);
  // It ended: it is kept, and there is nothing to go on with.
  await expect(app.get('saved-session')).toHaveCount(1);
  await expect(app.get('resume-offer')).toHaveCount(0);
  await app
    .get('import-file')
    .setInputFiles({ name: 'x.zip', mimeType: 'application/zip', buffer: Buffer.from('not a zip') });
  const problem = page.locator('#compare').getByTestId('error-alert');
  await expect(problem).toContainText('could not be read as a zip');
  await app.get('import-file').setInputFiles(zips[0]);
  await expect(problem).toHaveCount(0);
  await expect(page.locator('[data-testid^="export-"]')).toHaveCount(1);
  await app.get('import-file').setInputFiles(zips[1]);
  await expect(page.locator('[data-testid^="export-"]')).toHaveCount(2);
  await app.answerLength(16);
  await app.temperature(0);
  const after = Object.values(await app.compare(prompt));
  expect(after.sort()).toEqual(Object.values(before).sort());
});
