/** Opening a model by its Hugging Face id, from a hub that Playwright plays. */
import { join } from 'node:path';
import { FILES } from './data';
import { readRepo, serveHub } from './hub';
import { expect, test } from './test';

const nano = () => readRepo(join('public', 'models', 'sieve-stories-nano'));
const large = /\.(onnx|onnx_data|safetensors|bin)$/;
const onHub = /request to https:\/\/huggingface\.co\/|Failed to load resource/;

test('a small Llama opens by id, agrees with ONNX Runtime, trains', async ({ app, context }) => {
  app.expectProblem(onHub);
  const hub = await serveHub(context, { 'someone/small-llama': nano() });
  await app.open();
  await app.openFromHub('someone/small-llama');
  await expect(app.get('model-status')).toContainText('someone/small-llama', { timeout: 60_000 });
  await app.modelReady();
  await expect(app.get('logit-check')).toHaveAttribute('data-ok', 'true');
  expect(hub.asked.some((a) => a.endsWith('.onnx'))).toBe(true);
  await app.loadFile(FILES[0]);
  await app.set('Steps', 3);
  await app.train();
});

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

for (const [name, change, words] of [
  ['another architecture', (f: Record<string, Buffer>) => ({ ...f, 'config.json': json({ model_type: 'gpt2', architectures: ['GPT2LMHeadModel'], n_embd: 64 }) }), /gpt2/i],
  ['weights that are quantised only', (f: Record<string, Buffer>) => {
    const { 'onnx/model.onnx': onnx, 'model.safetensors': _, ...rest } = f;
    return { ...rest, 'onnx/model_q4.onnx': onnx };
  }, /onnx|fp32|fp16/i],
  ['a rope scaling that is not built', (f: Record<string, Buffer>) => ({ ...f, 'config.json': json({ ...JSON.parse(f['config.json'].toString()), rope_scaling: { rope_type: 'yarn', factor: 4 } }) }), /rope/i],
  ['an activation that is not SwiGLU', (f: Record<string, Buffer>) => ({ ...f, 'config.json': json({ ...JSON.parse(f['config.json'].toString()), hidden_act: 'gelu' }) }), /gelu/i],
] as const) {
  test(`refuses ${name} by name, before anything large is downloaded`, async ({ app, context }) => {
    app.expectProblem(onHub);
    const hub = await serveHub(context, { 'someone/other': change(nano()) });
    await app.open();
    await app.openFromHub('someone/other');
    await expect(app.get('error-alert').first()).toContainText(words, { timeout: 60_000 });
    expect(hub.asked.filter((a) => a.startsWith('GET') && large.test(a))).toEqual([]);
    // The page is as usable as before.
    await app.chooseModel('sieve-stories-nano');
  });
}

for (const [status, words] of [[401, /login|private|gated/i], [404, /no config\.json|not found|check the model id/i], [429, /slow down|wait/i], [500, /500/]] as const) {
  test(`says what HTTP ${status} means`, async ({ app, context }) => {
    app.expectProblem(onHub);
    await serveHub(context, {}, status);
    await app.open();
    await app.openFromHub('someone/missing');
    await expect(app.get('error-alert').first()).toContainText(words, { timeout: 60_000 });
  });
}
