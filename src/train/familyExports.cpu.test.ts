/**
 * Exported adapters of every family and method: they come back as the same adapter, and lie in `.out/export-families`
 * for CI, where PEFT (with sieve-peft, for gates) must give the logits of `check.json`
 * (python/sieve_ref/check_export.py).
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import { expectCloseToMax } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { readSafetensors, writeSafetensors } from '../hub/safetensors';
import { type TrainConfig, runSchema, trainSchema } from '../shared/config';
import { classModelOf, drawHead, withLabels } from '../shared/classHead';
import { tellsClasses } from '../shared/model';
import type { Sequence } from '../shared/types';
import { checkOf } from './adapterCheck';
import { adapterFiles } from './adapterFiles';
import { CONFIG, WEIGHTS } from './peftLayout';
import { readAdapter } from './readAdapter';
import { logitRows } from './logitRows';
import {
  FAMILY_METHODS,
  FIXTURE_FAMILIES,
  type FamilyFixture,
  type FamilyMethod,
  familyConfigs,
  loadFamily,
  openFamily,
  startAdapter,
} from './testing/family';
import { type Asked, askedOf } from './testing/asked';
import { trainedRun } from './testing/exported';

const OUT = '.out/export-families';
const ROWS = [0, 3, 16];
const rowsOf = ({ config }: BaseModel) => (tellsClasses(config) ? [0] : ROWS);

beforeAll(() => rmSync(OUT, { recursive: true, force: true }));

async function logits(base: BaseModel, run: AdapterRun, given: Sequence): Promise<number[][]> {
  const rows = await logitRows(base, run, [given]);
  return rowsOf(base).map((row) => [...rows[row]]);
}

/** The fixture's adapter; a head that is trained whole is another one than the base's. */
async function adapterOf(f: FamilyFixture, base: BaseModel, method: FamilyMethod): Promise<AdapterRun> {
  const run = await startAdapter(f, base, method);
  const whole = await run.wholeValues();
  run.loadWhole(new Map([...whole].map(([name, values]) => [name, values.map((v, i) => v + 0.1 * Math.sin(i))])));
  return run;
}

interface Exported {
  /** The family of the base. */
  name: string;
  base: BaseModel;
  own: AdapterRun;
  asked: Asked;
}

/** Writes an adapter's files where CI finds them. */
async function exported(folder: string, { name, base, own, asked: { given, written } }: Exported) {
  const expected = await logits(base, own, given);
  const files = adapterFiles({
    run: own.config,
    model: { id: name, revision: null },
    adapters: await own.adapters(),
    inOut: own.modules.some((m) => m.inOut),
    thresholds: await own.method.thresholds(),
    template: { prompt: '', completion: '' },
    check: checkOf({ model: `families/${name}`, ...written, rows: rowsOf(base), logits: expected }),
    classes: tellsClasses(base.config) ? { model: base.config, values: await own.wholeValues() } : null,
  });
  mkdirSync(`${OUT}/${folder}`, { recursive: true });
  for (const file of files) writeFileSync(`${OUT}/${folder}/${file.name}`, file.bytes);
  return { files, expected };
}

/** The run that was read from files, on its base. */
async function runOf(read: ReturnType<typeof readAdapter>, base: BaseModel, train: TrainConfig): Promise<AdapterRun> {
  const run = new AdapterRun(base, read.run, train);
  await run.init();
  run.load(read.adapters);
  if (read.thresholds) run.method.setThresholds(read.thresholds);
  await run.refresh();
  return run;
}

describe.each(FIXTURE_FAMILIES)('%s', (name) => {
  it.each(FAMILY_METHODS)('%s', async (method) => {
    const f = await loadFamily(name);
    const base = await openFamily(await testDevice(), name);
    const question = askedOf(f, base);
    const own = await adapterOf(f, base, method);
    const gated = method.startsWith('ts-');
    const { files, expected } = await exported(`${name}-${method}`, { name, base, own, asked: question });
    own.free();

    const imported = readAdapter(files, base.config, 'imported');
    const headed = imported.whole.size > 0 ? await base.withHead(imported.model, imported.whole) : base;
    const again = await runOf(imported, headed, familyConfigs(f, method).train);
    expectCloseToMax(
      (await logits(headed, again, question.given)).flat(),
      expected.flat(),
      1e-6,
      'logits of the adapter that was read',
    );
    expect(imported.thresholds !== null).toBe(gated);
    again.free();
    if (headed !== base) headed.free();
    base.free();
  });
});

it('an adapter of ViT is read by the names of transformers before 5.9, too', async () => {
  const base = await openFamily(await testDevice(), 'vit');
  const own = await trainedRun(base, { method: 'lora', modules: ['query', 'intermediate.dense'] });
  const question = askedOf(await loadFamily('vit'), base);
  const { files, expected } = await exported('vit-named-before', { name: 'vit', base, own, asked: question });
  own.free();
  const text = (name: string) => new TextDecoder().decode(files.find((file) => file.name === name)!.bytes);
  const config = JSON.parse(text('adapter_config.json')) as Record<string, unknown>;
  expect(config).toMatchObject({ target_modules: ['q_proj', 'fc1'], modules_to_save: ['classifier'] });
  expect(text('README.md')).toContain('transformers 5.9 or later');

  const before = (name: string) =>
    name
      .replace('vit.layers', 'vit.encoder.layer')
      .replace('attention.q_proj', 'attention.attention.query')
      .replace('mlp.fc1', 'intermediate.dense');
  const tensors = readSafetensors(files.find(({ name }) => name === WEIGHTS)!.bytes);
  expect(tensors.names).toContain('base_model.model.vit.layers.1.mlp.fc1.lora_A.weight');
  const named = { ...config, target_modules: ['query', 'intermediate.dense'] };
  const adapter = [
    { name: CONFIG, bytes: new TextEncoder().encode(JSON.stringify(named)) },
    { name: WEIGHTS, bytes: writeSafetensors(tensors.names.map((t) => ({ ...tensors.get(t), name: before(t) }))) },
  ];
  const read = readAdapter(adapter, base.config, 'before');
  expect(read.run).toMatchObject({ modules: ['query', 'intermediate.dense'], only: null });
  const headed = await base.withHead(read.model, read.whole);
  const again = await runOf(read, headed, trainSchema.parse({}));
  expectCloseToMax((await logits(headed, again, question.given)).flat(), expected.flat(), 1e-6, 'logits');
  again.free();
  headed.free();
  base.free();
});

/** Decoders that write text, under a new head with classes. */
describe.each(['llama', 'gpt2', 'opt'])('%s under a new head', (name) => {
  it.each(FAMILY_METHODS)('%s', async (method) => {
    const f = await loadFamily(name);
    const open = await openFamily(await testDevice(), name);
    const config = withLabels(classModelOf(open.config)!, ['one', 'two', 'three']);
    const base = await open.withHead(config, drawHead(config, 7));
    const question = askedOf(f, base);
    const own = await adapterOf(f, base, method);
    const { files, expected } = await exported(`${name}-new-head-${method}`, { name, base, own, asked: question });
    own.free();
    base.free();
    const imported = readAdapter(files, open.config, 'imported');
    expect(imported.model.head).toMatchObject({ labels: ['one', 'two', 'three'], reads: 'last' });
    const headed = await open.withHead(imported.model, imported.whole);
    const again = await runOf(imported, headed, familyConfigs(f, method).train);
    expectCloseToMax(
      (await logits(headed, again, question.given)).flat(),
      expected.flat(),
      1e-6,
      'logits of the adapter that was read',
    );
    again.free();
    headed.free();
    open.free();
  });
});

/** Modules of other families, in the place of those of a Llama. */
const OTHERS: Record<string, { only: string[]; modules: string[] } | null> = {
  llama: null,
  gpt2: { only: ['0.c_attn', '1.mlp.c_proj'], modules: ['c_attn', 'c_fc'] },
  vit: { only: ['0.query', '1.output.dense'], modules: ['value', 'intermediate.dense'] },
};

/** What a run may be besides its method. */
describe.each(
  Object.entries({
    rslora: { method: 'ts-lora', rslora: true },
    modules: { method: 'ts-dora', only: ['0.q_proj', '1.down_proj'] },
    kinds: { method: 'lora', modules: ['v_proj', 'up_proj'], rslora: true },
    adalora: { method: 'adalora', adalora: { initRank: 5 } },
  }),
)('an adapter with %s', (option, given) => {
  it.each(Object.keys(OTHERS))('%s', async (name) => {
    const f = await loadFamily(name);
    const base = await openFamily(await testDevice(), name);
    const others = OTHERS[name];
    const only = others && 'only' in given ? { only: others.only } : {};
    const modules = others && 'modules' in given ? { modules: others.modules } : {};
    const run = runSchema.parse({ id: 'a', name: 'A', rank: 3, alpha: 5, ...given, ...only, ...modules });
    const own = new AdapterRun(base, run, trainSchema.parse({}));
    await own.init();
    const values = (await own.adapters()).map((m) => ({
      ...m,
      b: m.b.map((_, i) => 0.3 * Math.sin(i + 1)),
      // DoRA's m a tenth longer; of AdaLoRA's triplets every third is switched off.
      ...(m.extra && { extra: m.extra.map((x, i) => (run.method === 'adalora' ? 0.5 * (i % 3) : 1.1 * x)) }),
    }));
    own.load(values);
    const gated = run.method.startsWith('ts-');
    if (gated) own.method.setThresholds(new Float32Array(values.length).fill(0.3));
    await own.refresh();
    const { files } = await exported(`${name}-with-${option}`, { name, base, own, asked: askedOf(f, base) });
    own.free();
    base.free();
    expect(readAdapter(files, base.config, 'imported').thresholds !== null).toBe(gated);
  });
});
