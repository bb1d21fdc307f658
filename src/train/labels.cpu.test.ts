/**
 * Encoders on labelled texts: opened from a folder, trained, classified, saved, exported as PEFT has it, and opened
 * again.
 */
import { loraBesideTsLora } from './testing/sideBySide';
import { beforeAll, expect, it } from 'vitest';
import { parseFile } from '../data/parse';
import { prepare } from '../data/prepare';
import { readSafetensors } from '../hub/safetensors';
import { openTokenizer } from '../hub/tokenizer';
import { type SessionConfig, trainSchema } from '../shared/config';
import type { PrepareOptions } from '../shared/data';
import type { ModelSource, TokenSet } from '../shared/types';
import type { TrainEvent } from './protocol';
import { watched } from './testing/studio';
import { reviews, tinyBert } from './testing/tinyBert';
import { USUAL_OPTIONS } from '../data/testing/options';

const source = (id: string): ModelSource => ({ kind: 'folder', id });
const OPTIONS: PrepareOptions = {
  ...USUAL_OPTIONS,
  mapping: { kind: 'text-label', roles: { text: 'text', label: 'label' } },
  // Means nothing here: a text is read as it stands.
  template: { prompt: 'Review: {text}\nLabel:', completion: ' {label}' },
  completionOnly: false,
  maxSequenceLength: 16,
  validationShare: 0.2,
};

async function sets(id: string, csv = reviews(200)): Promise<{ train: TokenSet; validation: TokenSet }> {
  const table = await parseFile('reviews.csv', new Blob([csv]));
  const { train, validation, report } = await prepare(table, OPTIONS, await openTokenizer(source(id)));
  expect(report.problem).toBeNull();
  return { train, validation };
}

const session = (change: object = {}): SessionConfig => ({
  train: trainSchema.parse({
    steps: 60,
    batchSize: 8,
    maxSequenceLength: 16,
    learningRate: 1e-2,
    warmupSteps: 3,
    evalInterval: 30,
    evalExamples: 16,
    ...change,
  }),
  runs: loraBesideTsLora(['query', 'value'], 0.3),
});

const accuracies = (events: readonly TrainEvent[], runId: string) =>
  events.flatMap((e) => (e.type === 'accuracy' && e.runId === runId ? [e.right / e.examples] : []));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

let trained: Awaited<ReturnType<typeof learn>>;

async function learn() {
  const { studio, events, phase } = watched({ own: true });
  const info = await studio.openModel({ type: 'open-model', source: source('bert'), files: tinyBert() });
  const data = await sets('bert');
  const finished = phase('finished', 'failed');
  await studio.start({ type: 'start', config: session(), ...data });
  return { studio, events, info, data, phase: await finished };
}

beforeAll(async () => {
  trained = await learn();
}, 60_000);

it('a base without a head opens: one is drawn, its pooler is trained with it, and the whole is proved', () => {
  const { info } = trained;
  expect(info.check).toMatchObject({ ok: true, by: 'plain', tokens: 3 });
  expect(info.check.relativeError).toBeGreaterThan(0);
  expect(info.config.head).toMatchObject({ labels: ['LABEL_0', 'LABEL_1'], dense: { trained: true } });
});

it('of several forms safetensors is the one that opens; without it the model is refused by name', async () => {
  const { studio } = watched({ own: true });
  const onnx = ['onnx/model.onnx', new Blob([new Uint8Array(64)])] as const;
  const both = new Map([...tinyBert(), onnx]);
  const { file } = await studio.openModel({ type: 'open-model', source: source('both'), files: both });
  expect(file.path).toBe('model.safetensors');
  both.delete('model.safetensors');
  both.delete('onnx/model.onnx');
  both.set('onnx/model_quantized.onnx', onnx[1]);
  await expect(studio.openModel({ type: 'open-model', source: source('onnx'), files: both })).rejects.toThrow(
    /from safetensors[^]* and here are only onnx\/model_quantized\.onnx/,
  );
});

it('texts stand between [CLS] and [SEP], and the class is the target of [CLS]', async () => {
  const { train, validation } = trained.data;
  expect(train.labels!.classes).toEqual(['bad', 'good']);
  const length = train.offsets[1];
  expect([train.ids[0], train.ids[length - 1], length]).toEqual([2, 3, 9]);
  expect([...train.supervised.subarray(0, length)]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(train.labels!.of.length).toBe(train.offsets.length - 1);
  expect(validation.labels!.of.filter((c) => c === 1).length).toBe(20);
  // Cut at the end of the text, never of its frame.
  const tokenizer = await openTokenizer(source('bert'));
  const table = await parseFile('t.csv', new Blob([reviews(40)]));
  const short = await prepare(table, { ...OPTIONS, maxSequenceLength: 8 }, tokenizer);
  expect([short.train.ids[0], short.train.ids[7], short.train.offsets[1]]).toEqual([2, 3, 8]);
  expect(short.report.truncated).toBe(40);
  const states = (await short.preview(0, 1))[0].tokens.map(({ state }) => state);
  expect(states).toEqual(['trained', ...Array(6).fill('masked'), 'truncated', 'masked']);
});

it('LoRA and TS-LoRA learn to tell them apart; accuracy is by the head', () => {
  const { events, phase } = trained;
  expect(phase).toBe('finished');
  const [base, lora, gated] = ['base', 'lora', 'ts-lora'].map((id) => accuracies(events, id).at(-1)!);
  console.info(`reviews: accuracy of the base ${base}, LoRA ${lora}, TS-LoRA ${gated}`);
  expect(base).toBeLessThan(0.8);
  expect(lora).toBeGreaterThanOrEqual(0.95);
  expect(gated).toBeGreaterThanOrEqual(0.95);
  const classified = events.find((e) => e.type === 'classified')!;
  expect(classified.set).toMatchObject({ by: 'head', classes: expect.arrayContaining(['bad', 'good']) });
  expect(classified.set.texts[0]).toMatch(/^[a-z ]+$/);
  expect(classified.runs.lora.probability!.every((p) => p >= 0.5 && p <= 1)).toBe(true);
});

it('what writes text is refused plainly', async () => {
  const { studio } = trained;
  const sampling = { seed: 0, maxNewTokens: 4, temperature: 0, topP: 1 };
  await expect(studio.generate({ type: 'generate', runs: ['lora'], prompt: 'it was', sampling }, 1)).rejects.toThrow(
    /writes no text/,
  );
  expect(await studio.writtenAnswers({ type: 'written-answers', runs: ['lora'], examples: 4 })).toEqual({ runs: null });
});

it('an adapter is exported as PEFT has classifiers, and opens again with its head', async () => {
  const { studio, events } = trained;
  const { files } = await studio.export({
    type: 'export',
    runId: 'ts-lora',
    template: OPTIONS.template,
    check: true,
  });
  const file = (name: string) => files.find((f) => f.name === name)!.bytes;
  expect(JSON.parse(text(file('adapter_config.json')))).toMatchObject({
    task_type: 'SEQ_CLS',
    modules_to_save: ['bert.pooler.dense', 'classifier'],
    target_modules: ['query', 'value'],
  });
  const tensors = readSafetensors(file('adapter_model.safetensors'));
  expect(tensors.shape('base_model.model.classifier.weight')).toEqual([2, 32]);
  expect(tensors.names).toContain('base_model.model.bert.pooler.dense.bias');
  expect(text(file('README.md'))).toMatch(/num_labels=2[^]*in the order of the logits: bad, good\./);
  const before = events.filter((e) => e.type === 'warning').length;
  const { runId, labels } = await studio.import({ type: 'import', files, as: null });
  expect(labels).toEqual(['bad', 'good']);
  expect(events.filter((e) => e.type === 'warning').length).toBe(before);
  // Its check.json was compared on the way; another head would not agree.
  const check = JSON.parse(text(file('check.json'))) as { rows: { top: { logits: number[] } }[] };
  check.rows[0].top.logits[0] += 1;
  const bytes = new TextEncoder().encode(JSON.stringify(check));
  const broken = files.map((f) => (f.name === 'check.json' ? { ...f, bytes } : f));
  await expect(studio.import({ type: 'import', files: broken, as: null })).rejects.toThrow(/other logits/);
  await studio.release({ type: 'release', runId });
});

it('a session goes on from its state, bit for bit', async () => {
  const config = session({ steps: 8, evalInterval: 4 });
  let going = true;
  const first = watched({
    own: true,
    on: (event, studio) => {
      if (event.type !== 'step' || event.step !== 4 || !going) return;
      going = false;
      studio.pause();
    },
  });
  await first.studio.openModel({ type: 'open-model', source: source('bert'), files: tinyBert() });
  const rests = first.phase('paused');
  await first.studio.start({ type: 'start', config, ...trained.data });
  await rests;
  const state = await first.studio.state();
  const finished = first.phase('finished');
  first.studio.resume();
  await finished;

  const second = watched({ own: true });
  await second.studio.openModel({ type: 'open-model', source: source('bert'), files: tinyBert() });
  const again = second.phase('finished');
  await second.studio.restore({ type: 'restore', state, ...trained.data });
  await again;
  const [whole, rest] = [first, second].map(({ losses }) => losses('lora'));
  expect(rest.length).toBeGreaterThan(1);
  expect(rest).toEqual(whole.slice(-rest.length));
  expect(accuracies(second.events, 'lora').at(-1)).toBe(accuracies(first.events, 'lora').at(-1));
});

it('a head that knows the classes by name stays; data without labels are refused', async () => {
  const { studio, events, phase } = watched({ own: true });
  const info = await studio.openModel({
    type: 'open-model',
    source: source('sentiment'),
    files: tinyBert(['GOOD', 'neutral', 'BAD']),
  });
  expect(info.config.head).toMatchObject({ labels: ['GOOD', 'neutral', 'BAD'], dense: { trained: false } });
  const data = await sets('sentiment');
  const finished = phase('finished');
  await studio.start({ type: 'start', config: session({ steps: 2, warmupSteps: 0, evalInterval: 2 }), ...data });
  await finished;
  const { set } = events.find((e) => e.type === 'classified')!;
  expect([...set.classes].sort()).toEqual(['BAD', 'GOOD', 'neutral']);
  const { labels: _labels, ...unlabelled } = data.train;
  await expect(
    studio.start({ type: 'start', config: session(), train: unlabelled, validation: data.validation }),
  ).rejects.toThrow(/no labels/);
  const tokenizer = await openTokenizer(source('sentiment'));
  const table = await parseFile('t.csv', new Blob([reviews(40)]));
  const plain = { ...OPTIONS, mapping: { kind: 'text' as const, roles: { text: 'text' } } };
  await expect(prepare(table, plain, tokenizer)).rejects.toThrow(/needs data with labels/);
});
