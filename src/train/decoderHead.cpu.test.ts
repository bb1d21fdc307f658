/**
 * A model that writes text on labelled texts, told apart by a new head on its last token: prepared, trained, exported,
 * opened again.
 */
import { loraBesideTsLora } from './testing/sideBySide';
import { beforeAll, expect, it } from 'vitest';
import { parseFile } from '../data/parse';
import { prepare } from '../data/prepare';
import { readSafetensors } from '../hub/safetensors';
import { openTokenizer } from '../hub/tokenizer';
import { type SessionConfig, trainSchema } from '../shared/config';
import type { PrepareOptions } from '../shared/data';
import { NANO, watched } from './testing/studio';
import { reviews } from './testing/tinyBert';
import { bytesOfSets } from '../shared/tokenSets';
import { USUAL_OPTIONS } from '../data/testing/options';

const TRAIN = trainSchema.parse({
  steps: 30,
  batchSize: 8,
  maxSequenceLength: 32,
  taskType: 'SEQ_CLS',
  learningRate: 1e-2,
  warmupSteps: 3,
  evalInterval: 30,
  evalExamples: 16,
});
const CONFIG: SessionConfig = {
  train: TRAIN,
  runs: loraBesideTsLora(['q_proj', 'v_proj'], 0.3),
};
const OPTIONS: PrepareOptions = {
  ...USUAL_OPTIONS,
  mapping: { kind: 'text-label', roles: { text: 'text', label: 'label' } },
  template: { prompt: 'Review: {text}\nLabel:', completion: ' {label}' },
  maxSequenceLength: 32,
  taskType: 'SEQ_CLS',
  validationShare: 0.2,
};

const parsed = () => parseFile('reviews.csv', new Blob([reviews(100)]));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const sampling = { seed: 0, maxNewTokens: 4, temperature: 0, topP: 1 };

async function learn() {
  const { studio, events, phase } = watched({ own: true });
  await studio.openModel({ type: 'open-model', source: NANO });
  const { train, validation } = await prepare(await parsed(), OPTIONS, await openTokenizer(NANO));
  const plan = studio.plan({ type: 'plan', config: CONFIG, data: bytesOfSets([train, validation]) });
  const finished = phase('finished', 'failed');
  const started = await studio.start({ type: 'start', config: CONFIG, train, validation });
  return { studio, events, plan, started, data: { train, validation }, phase: await finished };
}

let trained: Awaited<ReturnType<typeof learn>>;
beforeAll(async () => {
  trained = await learn();
}, 60_000);

it('a text is read as it stands; the class is the target of its last token, and the template says nothing', async () => {
  const { train } = trained.data;
  expect(train.labels!.classes).toEqual(['bad', 'good']);
  const [first, end] = train.offsets;
  const tokenizer = await openTokenizer(NANO);
  expect(tokenizer.writes).toBe(true);
  expect([...train.supervised.subarray(first, end)]).toEqual([...Array(end - first - 1).fill(0), 1]);
  expect(tokenizer.decode(train.ids.subarray(first, end)).trim()).toMatch(/^(the|a|it) (film|book|meal) (was|is) /);
  // With labels as text the same rows are prompts and answers.
  const written = await prepare(await parsed(), { ...OPTIONS, taskType: 'CAUSAL_LM' }, tokenizer);
  expect(written.train.labels).toBeUndefined();
  expect(tokenizer.decode(written.train.ids.subarray(0, written.train.offsets[1]))).toMatch(
    /Review: [^]*Label: (good|bad)/,
  );
});

it('LoRA and TS-LoRA learn to tell the classes apart by the new head, in the memory that was planned', () => {
  const { events, phase, plan, started } = trained;
  expect(phase).toBe('finished');
  const accuracies = (id: string) =>
    events.flatMap((e) => (e.type === 'accuracy' && e.runId === id ? [e.right / e.examples] : []));
  const [base, lora, gated] = ['base', 'lora', 'ts-lora'].map((id) => accuracies(id).at(-1)!);
  console.info(`reviews by a head on ${NANO.id}: accuracy of the base ${base}, LoRA ${lora}, TS-LoRA ${gated}`);
  expect(base).toBeLessThan(0.8);
  expect(lora).toBeGreaterThanOrEqual(0.95);
  expect(gated).toBeGreaterThanOrEqual(0.95);
  const classified = events.find((e) => e.type === 'classified')!;
  expect(classified.set).toMatchObject({ by: 'head', classes: expect.arrayContaining(['bad', 'good']) });
  expect(started.totalBytes / plan.totalBytes).toBeCloseTo(1, 2);
});

it('its adapter is PEFT’s SEQ_CLS with the head among its tensors, and opens again; no text is written with it', async () => {
  const { studio } = trained;
  const asked = { type: 'export', runId: 'ts-lora', template: OPTIONS.template, check: true } as const;
  const { files } = await studio.export(asked);
  const file = (name: string) => files.find((f) => f.name === name)!.bytes;
  expect(JSON.parse(text(file('adapter_config.json')))).toMatchObject({
    task_type: 'SEQ_CLS',
    modules_to_save: ['score'],
    target_modules: ['q_proj', 'v_proj'],
  });
  expect(readSafetensors(file('adapter_model.safetensors')).shape('base_model.model.score.weight')).toEqual([2, 64]);
  expect(text(file('README.md'))).toMatch(/AutoModelForSequenceClassification[^]*num_labels=2[^]*reads the last token/);
  const { runId, labels } = await studio.import({ type: 'import', files, as: null });
  expect(labels).toEqual(['bad', 'good']);
  const check = JSON.parse(text(file('check.json'))) as { rows: { top: { logits: number[] } }[] };
  check.rows[0].top.logits[0] += 1;
  const bytes = new TextEncoder().encode(JSON.stringify(check));
  const broken = files.map((f) => (f.name === 'check.json' ? { ...f, bytes } : f));
  await expect(studio.import({ type: 'import', files: broken, as: null })).rejects.toThrow(/other logits/);
  const write = (runs: string[]) => studio.generate({ type: 'generate', runs, prompt: 'it was', sampling }, 1);
  await expect(write(['lora'])).rejects.toThrow(/writes no text/);
  await expect(write([runId])).rejects.toThrow(/writes no text/);
  expect((await write(['base'])).texts.base.length).toBeGreaterThan(0);
  await studio.release({ type: 'release', runId });
});

it('data that were prepared for the other task are refused', async () => {
  const { studio, data } = trained;
  const asText = { ...CONFIG, train: { ...TRAIN, taskType: 'CAUSAL_LM' as const } };
  await expect(studio.start({ type: 'start', config: asText, ...data })).rejects.toThrow(/prepared for a class head/);
  const { labels: _labels, ...unlabelled } = data.train;
  await expect(
    studio.start({ type: 'start', config: CONFIG, train: unlabelled, validation: data.validation }),
  ).rejects.toThrow(/no labels/);
  const plain = { ...OPTIONS, mapping: { kind: 'text' as const, roles: { text: 'text' } } };
  await expect(prepare(await parsed(), plain, await openTokenizer(NANO))).rejects.toThrow(/needs data with labels/);
});
