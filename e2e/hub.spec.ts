/** Opening a model by its Hugging Face id, from a hub that Playwright plays. */
import { join } from 'node:path';
import { FILES } from './data';
import { readRepo, type RepoFiles, serveHub } from './hub';
import { expect, test } from './test';

const nano = () => readRepo(join('public', 'models', 'sieve-stories-nano'));
const large = /\.(onnx|onnx_data|safetensors|bin)$/;
const onHub = /request to https:\/\/huggingface\.co\/|Failed to load resource/;

test('a small Llama opens by id, agrees with ONNX Runtime, trains; what was downloaded opens again without a network', async ({
  app,
  context,
  page,
}) => {
  app.expectProblem(onHub);
  const hub = await serveHub(context, { 'someone/by-id': nano(), 'someone/small-llama': nano() });
  await app.open();
  await app.openFromHub('someone/by-id');
  await expect(app.get('model-status')).toContainText('someone/by-id', { timeout: 60_000 });
  await app.modelReady();
  await expect(app.get('logit-check')).toHaveAttribute('data-by', 'onnxruntime');
  await expect(app.get('logit-check')).toHaveAttribute('data-ok', 'true');
  expect(hub.asked.some((a) => a.endsWith('.onnx'))).toBe(true);
  await app.loadFile(FILES[0]);
  await app.small(3);
  await app.train();

  // Another form is chosen from the list, opens again without a network, and can be deleted.
  const opened = () =>
    expect(app.get('model-file')).toContainText(/^model\.safetensors · 877\.0 KiB$/, { timeout: 60_000 });
  await app.openFromHub('someone/small-llama', 'model.safetensors');
  await opened();
  await expect(app.get('logit-check')).toHaveAttribute('data-by', 'plain');
  await expect(app.get('logit-check')).toHaveAttribute('data-ok', 'true');
  await app.chooseModel('sieve-stories-nano');
  hub.status = 'unreachable';
  // By itself it would take the ONNX file.
  await page.getByRole('button', { name: 'Open someone/small-llama' }).click();
  await opened();
  const kept = app.get('kept-models');
  await expect(kept).toContainText('someone/small-llama');
  const remove = (id: string) => page.getByRole('button', { name: `Delete the files of ${id}` });
  await remove('someone/by-id').click();
  await expect(kept).not.toContainText('someone/by-id');
  await expect(remove('someone/small-llama')).toBeFocused();
  await remove('someone/small-llama').click();
  await expect(kept).not.toContainText('someone/small-llama');
  await expect(page.locator(':focus')).toHaveText('Downloaded models in this browser');
  await app.get('hub-open').click();
  await expect(app.get('error-alert').first()).toContainText(/cannot be reached/);
  await expect(app.get('model-status'), 'what was open stays').toContainText('someone/small-llama');
});

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const changed = (files: RepoFiles, patch: Record<string, unknown>) => ({
  ...files,
  'config.json': json({ ...JSON.parse(files['config.json'].toString()), ...patch }),
});

type TokenizerJson = { model: { vocab: Record<string, number> }; pre_tokenizer: unknown };
const tokenizer = (files: RepoFiles, change: (file: TokenizerJson) => void) => {
  const file = JSON.parse(files['tokenizer.json'].toString()) as TokenizerJson;
  change(file);
  return { ...files, 'tokenizer.json': json(file) };
};

/** What cannot be trained, and the word that must name it. */
const UNSUPPORTED: Record<string, { files: (files: RepoFiles) => RepoFiles; words: RegExp }> = {
  'another-architecture': {
    files: (f) => ({
      ...f,
      'config.json': json({ model_type: 'mamba', architectures: ['MambaForCausalLM'], hidden_size: 64 }),
    }),
    words: /mamba/i,
  },
  'quantised-only': {
    files: (f) => ({
      'config.json': f['config.json'],
      'tokenizer.json': f['tokenizer.json'],
      'tokenizer_config.json': f['tokenizer_config.json'],
      'onnx/model_quantized.onnx': f['onnx/model.onnx'],
    }),
    words: /quantised.*model_quantized/i,
  },
  'rope-scaling': {
    files: (f) => changed(f, { rope_scaling: { rope_type: 'dynamic', factor: 4 } }),
    words: /rope|dynamic/i,
  },
  'ids-beyond-the-vocabulary': {
    files: (f) =>
      tokenizer(f, ({ model }) => {
        model.vocab['Ġfox'] = 4097;
      }),
    words: /largest token id is 4097, but the model has 4096 tokens/,
  },
  'an-id-of-a-billion': {
    files: (f) =>
      tokenizer(f, ({ model }) => {
        model.vocab['Ġfox'] = 1e9;
      }),
    words: /tokenizer\.json\.model\.vocab/,
  },
  'a-pattern-without-end': {
    files: (f) =>
      tokenizer(f, (t) => {
        t.pre_tokenizer = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
      }),
    words: /did not become a tokenizer within/,
  },
  'another-activation': { files: (f) => changed(f, { hidden_act: 'gelu' }), words: /gelu/i },
};

test('what is not supported is refused by name, before anything large is downloaded; a hub that fails is told from one that has nothing', async ({
  desk: app,
}) => {
  app.expectProblem(onHub);
  const files = nano();
  const hub = await serveHub(
    app.page.context(),
    Object.fromEntries(Object.entries(UNSUPPORTED).map(([name, u]) => [`someone/${name}`, u.files(files)])),
  );
  for (const [name, { words }] of Object.entries(UNSUPPORTED)) {
    await test.step(name, async () => {
      await app.openFromHub(`someone/${name}`);
      await expect(app.get('error-alert').first()).toContainText(words, { timeout: 60_000 });
    });
  }
  expect(hub.asked.filter((a) => a.startsWith('GET') && large.test(a))).toEqual([]);
  for (const [status, words] of [
    [401, /login|private|gated/i],
    [403, /gated|let you/i],
    [404, /no weights that Sieve reads|has no (config|tokenizer)\.json/i],
    [429, /slow down/i],
    [500, /500/],
  ] as const) {
    await test.step(`HTTP ${status}`, async () => {
      hub.status = status;
      await app.openFromHub('someone/missing');
      await expect(app.get('error-alert').first()).toContainText(words, { timeout: 60_000 });
    });
  }
  hub.status = undefined;
  // The page is as usable as before.
  await app.chooseModel('sieve-stories-nano');
});
