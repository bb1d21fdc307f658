/** What is measured of trained runs, on the nano model: against slower ways to the same numbers. */
import { expect, it } from 'vitest';
import { prepare } from '../data/prepare';
import { parseFile } from '../data/parse';
import { NO_REPAIRS } from '../data/repair';
import { toBatch } from '../data/batches';
import { downloadModel } from '../hub/model';
import { openTokenizer } from '../hub/tokenizer';
import { type SessionConfig, defaultSession, runSchema } from '../shared/config';
import type { TokenSet } from '../shared/types';
import { norm } from './moduleMeasures';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { fittingLayouts } from '../engine/plan';
import { openBase } from './testing/fixture';
import { NANO, watched } from './testing/studio';

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
      mapping,
      template: { prompt: '{text}\nLabel:', completion: ' {label}' },
      completionOnly: true,
      maxSequenceLength: 48,
      validationShare: 0.2,
      seed: 3,
      maxExamples: 1000,
      stratify: false,
      repairs: NO_REPAIRS,
      edits: { excluded: [], changed: [] },
    },
    await openTokenizer(NANO),
  );
}

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
  const { studio, phase } = watched();
  const info = await studio.openModel({ type: 'open-model', source: NANO });
  const set = await data();
  const end = phase('finished');
  await studio.start({ type: 'start', config: config(), ...set });
  await end;

  const accuracy = await studio.accuracy({ type: 'accuracy', runs: ['base', 'lora', 'ts-lora'], examples: 12 });
  expect(accuracy.lora).toMatchObject({ examples: 12, candidates: 2 });
  // One word tells the label: forty steps are enough, and the untouched model never writes a label.
  expect(accuracy.lora!.likelihood).toBe(1);
  expect(accuracy.lora!.generated).toBe(1);
  expect(accuracy.base!.generated).toBe(0);
  expect(accuracy.base!.likelihood).toBeLessThan(1);

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
  const { validation } = await data();
  const [layout] = fittingLayouts(base.config, e.runs, {
    train: e.train,
    limits: { budget: 2 ** 32, binding: 2 ** 30 },
    weightBytes: base.bytes,
  });
  const trainer = await Trainer.create(base, e.runs, e.train, layout);
  const batch = toBatch(validation, [0, 1, 2]);
  await (await trainer.step(['lora', 'ts-lora'], [batch], 0)).get('lora');
  for (const ids of [[null], ['lora', 'ts-lora']]) {
    const single = await trainer.targetLosses(ids, batch);
    const whole = await trainer.evaluate(ids, [batch]);
    single.forEach((own, i) => {
      expect(own.length).toBe(whole[i].supervised);
      expect(own.reduce((a, b) => a + b, 0) / own.length).toBeCloseTo(whole[i].loss, 4);
    });
  }
  trainer.free();
  base.free();
});
