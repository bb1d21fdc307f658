/** What is measured of trained runs, on the nano model: against slower ways to the same numbers. */
import { expect, it } from 'vitest';
import { prepare } from '../data/prepare';
import { parseFile } from '../data/parse';
import { toBatch } from '../data/batches';
import { downloadModel } from '../hub/model';
import { openTokenizer } from '../hub/tokenizer';
import { type SessionConfig, defaultSession, runSchema } from '../shared/config';
import type { TokenSet } from '../shared/types';
import { createClassifier } from './classifier';
import { norm } from './moduleMeasures';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { fittingLayouts } from '../engine/plan';
import { openBase } from './testing/fixture';
import { NANO, watched } from './testing/studio';
import { USUAL_OPTIONS } from '../data/testing/options';

/** Labels that follow from one word of the text. */
async function data(): Promise<{ train: TokenSet; validation: TokenSet }> {
  const lines = Array.from({ length: 60 }, (_, i) =>
    JSON.stringify({
      text: `Tom and Mia ${i % 2 ? 'cried' : 'laughed'} near the ${['lake', 'tree', 'house', 'farm', 'hill'][i % 5]} on day ${i}.`,
      label: i % 2 ? 'sad' : 'happy',
    }),
  );
  const table = await parseFile('t.jsonl', new Blob([lines.join('\n')]));
  const mapping = { kind: 'text-label' as const, roles: { text: 'text', label: 'label' } };
  return prepare(
    table,
    {
      ...USUAL_OPTIONS,
      mapping,
      template: { prompt: '{text}\nLabel:', completion: ' {label}' },
      maxSequenceLength: 48,
      validationShare: 0.2,
      seed: 3,
      stratify: false,
    },
    await openTokenizer(NANO),
  );
}

/** The first token of each label, the most frequent label of the train split first. */
function labelTokens({ train }: { train: TokenSet }): number[] {
  const counts = new Map<number, number>();
  for (let i = 0; i + 1 < train.offsets.length; i++) {
    const token = train.ids[train.offsets[i] + train.supervised.subarray(train.offsets[i]).indexOf(1)];
    counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!);
}

const lastOf = (n: number) => Uint8Array.from({ length: n }, (_, i) => (i === n - 1 ? 1 : 0));

function config(): SessionConfig {
  const e = defaultSession();
  return {
    ...e,
    runs: [...e.runs, runSchema.parse({ id: 'adalora', name: 'AdaLoRA', method: 'adalora' })],
    train: {
      ...e.train,
      steps: 40,
      warmupSteps: 2,
      batchSize: 4,
      learningRate: 1e-2,
      maxSequenceLength: 48,
      evalInterval: 40,
      evalExamples: 12,
    },
  };
}

it('accuracy, token classes and norms of runs that have learnt', async () => {
  const { studio, phase, events } = watched();
  const info = await studio.openModel({ type: 'open-model', source: NANO });
  const set = await data();
  const end = phase('finished');
  await studio.start({ type: 'start', config: config(), ...set });
  await end;

  // One word tells the label: forty steps are enough.
  const points = events.filter((e) => e.type === 'accuracy');
  const at = (runId: string) => points.filter((p) => p.runId === runId).map((p) => [p.step, p.right, p.examples]);
  expect(at('lora')).toEqual([[40, 12, 12]]);
  const [[first, right], last] = at('base');
  expect([first, last[0]]).toEqual([0, 40]);
  expect(right).toBe(last[1]);
  expect(right).toBeLessThan(12);
  const classified = events.find((e) => e.type === 'classified')!;
  expect(classified.set).toMatchObject({ by: 'likelihood', classes: ['sad', 'happy'] });
  expect(Object.keys(classified.runs)).toEqual(['base', 'lora', 'ts-lora', 'adalora']);
  expect(classified.runs.lora).toMatchObject({ step: 40, predicted: classified.set.labels });
  expect(classified.runs.lora.probability!.every((p) => p > 0.5 && p <= 1)).toBe(true);
  classified.set.texts.forEach((text, i) => {
    expect(text).toMatch(/^Tom and Mia (cried|laughed) near the \w+ on day \d+\.$/);
    expect(classified.set.classes[classified.set.labels[i]]).toBe(text.includes('cried') ? 'sad' : 'happy');
  });

  const { runs: written } = await studio.writtenAnswers({
    type: 'written-answers',
    runs: ['base', 'lora', 'ts-lora'],
    examples: 12,
  });
  expect(written!.lora).toEqual({ examples: 12, exactMatch: 1, tokenF1: 1 });
  // The untouched model never writes a label.
  expect(written!.base.exactMatch).toBe(0);

  const { 'ts-lora': rows } = await studio.tokenClasses({ type: 'token-classes', runs: ['ts-lora'], examples: 5 });
  const tokens = set.validation.offsets[5];
  for (const group of ['Kind', 'Part', 'Place in the text', 'Frequency']) {
    const own = rows.filter((r) => r.group === group);
    expect(
      own.reduce((n, r) => n + r.tokens, 0),
      group,
    ).toBe(tokens);
    expect(
      own.reduce((n, r) => n + r.passed, 0),
      group,
    ).toBe(tokens * info.config.layers.length * 7);
  }
  const skipped = rows.filter((r) => r.group === 'Kind').reduce((n, r) => n + r.skipped, 0);
  expect(skipped).toBeGreaterThan(0);
  expect(rows.filter((r) => r.group === 'Frequency').reduce((n, r) => n + r.skipped, 0)).toBe(skipped);

  const { modules } = await studio.moduleMeasures({ type: 'module-measures', runId: 'lora', examples: 8 });
  expect(modules).toHaveLength(info.config.layers.length * 7);
  const { weights } = await downloadModel(NANO);
  expect(modules[3].weight).toBeCloseTo(norm(weights.get('model.layers.0.self_attn.o_proj.weight').data), 4);
  expect(modules.every((m) => m.change > 0 && m.gradient > 0 && m.sensitivity === null)).toBe(true);
  const own = await studio.moduleMeasures({ type: 'module-measures', runId: 'adalora', examples: 8 });
  expect(own.modules.every((m) => m.sensitivity! > 0)).toBe(true);
  await studio.reset();
});

it('losses of single targets add up to the batch’s loss, for stacked runs and the base', async () => {
  const device = await testDevice();
  const base = await openBase(device, NANO.id);
  const e = config();
  const set = await data();
  const { validation } = set;
  const [layout] = fittingLayouts(base.config, e.runs, {
    train: e.train,
    limits: { budget: 2 ** 32, binding: 2 ** 30 },
    weightBytes: base.bytes,
  });
  const trainer = await Trainer.create(base, e.runs, e.train, layout);
  const batch = toBatch(validation, [0, 1, 2]);
  await (await trainer.step(['lora', 'ts-lora'], [batch], 0)).get('lora');
  for (const ids of [[null], ['lora', 'ts-lora']]) {
    const single = await trainer.measurements.targetLosses(ids, batch);
    const whole = await trainer.evaluate(ids, [batch]);
    single.forEach((own, i) => {
      expect(own.length).toBe(whole[i].supervised);
      expect(own.reduce((a, b) => a + b, 0) / own.length).toBeCloseTo(whole[i].loss, 4);
    });
  }

  // A label's likelihood behind a prompt is what training has as the loss of its tokens there.
  const classifier = createClassifier({ trainer }, await openTokenizer(NANO), set)!;
  const found = await classifier.predict(['base', 'lora', 'ts-lora'], 0, 3);
  for (const [r, id] of [null, 'lora', 'ts-lora'].entries())
    for (let i = 0; i < 3; i++) {
      const logs = [];
      for (const answer of labelTokens(set)) {
        const [from, to] = [validation.offsets[i], validation.offsets[i + 1]];
        const start = from + validation.supervised.subarray(from, to).indexOf(1);
        const ids = [...validation.ids.subarray(from, start), answer];
        const one = {
          ids: Int32Array.from(ids),
          offsets: Uint32Array.of(0, ids.length),
          supervised: lastOf(ids.length),
        };
        const [losses] = await trainer.measurements.targetLosses([id], toBatch(one, [0]));
        logs.push(-losses[0]);
      }
      const sum = logs.reduce((s, x) => s + Math.exp(x), 0);
      logs.forEach((x, c) => expect(found[r][i].probabilities![c]).toBeCloseTo(Math.exp(x) / sum, 5));
    }
  trainer.free();
  base.free();
});
