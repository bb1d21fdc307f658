/** Adapters through their files and back, without a GPU. */
import { describe, expect, it } from 'vitest';
import { trainedOf } from '../engine/adapters/methods';
import { type ModuleAdapter, extraLength } from '../engine/adapters/parameters';
import { adaptedModules } from '../engine/model/modules';
import { readSafetensors, writeSafetensors } from '../hub/safetensors';
import { METHODS, type RunConfig, isGated, isMergeable, rankOf, runSchema, scalingOf } from '../shared/config';
import type { PromptTemplate } from '../shared/data';
import { AdapterError } from '../shared/errors';
import { Rng } from '../shared/rng';
import { checkOf } from './adapterCheck';
import { adapterFiles } from './adapterFiles';
import { readAdapter } from './readAdapter';
import { mergeModule } from './merge';
import type { AdapterFile } from './protocol';
import { llamaOf } from './testing/tinyLlama';

const SIZES = {
  layers: 3,
  dModel: 8,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  ffn: 12,
  vocab: 20,
  context: 64,
  rmsEps: 1e-5,
  ropeTheta: 10000,
  tied: true,
};
const model = llamaOf(SIZES);

const withLayers = (layers: number) => llamaOf({ ...SIZES, layers });

const rng = new Rng(1);
const random = (length: number) => Float32Array.from({ length }, () => rng.uniform(-1, 1));

function adaptersOf(run: RunConfig): ModuleAdapter[] {
  const { rank, extra: kind, constant } = trainedOf(run);
  return adaptedModules(model, run).map((m) => ({
    path: m.path,
    dIn: m.dIn,
    dOut: m.dOut,
    a: random(rank * m.dIn),
    b: random(m.dOut * rank),
    ...(constant ? { constant: random(m.dOut) } : {}),
    ...(kind ? { extra: random(extraLength(kind, m, rank)) } : {}),
  }));
}

function exported(
  run: RunConfig,
  adapters = adaptersOf(run),
  template: PromptTemplate = { prompt: 'p', completion: 'c' },
): AdapterFile[] {
  return adapterFiles({
    run,
    model: { id: 'tiny', revision: null },
    adapters,
    thresholds: isGated(run) ? random(adapters.length).map(Math.abs) : null,
    template,
    check: checkOf({ model: 'tiny', ids: [1], rows: [0], logits: [random(20)] }),
  });
}

const json = (files: AdapterFile[], name: string) =>
  JSON.parse(new TextDecoder().decode(files.find((f) => f.name === name)!.bytes));
const withConfig = (files: AdapterFile[], change: Record<string, unknown>): AdapterFile[] =>
  files.map((f) =>
    f.name === 'adapter_config.json'
      ? { ...f, bytes: new TextEncoder().encode(JSON.stringify({ ...json(files, f.name), ...change })) }
      : f,
  );

const WEIGHTS = 'adapter_model.safetensors';
const tensorsOf = (files: AdapterFile[]) => readSafetensors(files.find((f) => f.name === WEIGHTS)!.bytes);
const thresholdNames = (files: AdapterFile[]) => tensorsOf(files).names.filter((name) => name.endsWith('.lora_tau'));

describe('a gated adapter', () => {
  const run = runSchema.parse({ id: 'a', name: 'A', method: 'ts-lora', rank: 3, modules: ['q_proj'] });
  const files = exported(run);

  it('has a name that PEFT does not know, its thresholds among the tensors, and what loads it', () => {
    expect(json(files, 'adapter_config.json').peft_type).toBe('TS_LORA');
    expect(json(exported({ ...run, method: 'ts-dora' }), 'adapter_config.json')).toMatchObject({
      peft_type: 'TS_DORA',
      use_dora: true,
    });
    expect(thresholdNames(files)).toHaveLength(3);
    expect(tensorsOf(files).shape(thresholdNames(files)[0])).toEqual([]);
    expect(files.map((f) => f.name)).toContain('load_gated.py');
    const plain = exported({ ...run, method: 'lora' });
    expect(json(plain, 'adapter_config.json').peft_type).toBe('LORA');
    expect(plain.map((f) => f.name)).not.toContain('load_gated.py');
  });

  it('of a soft threshold says so, and comes back as one', () => {
    for (const [method, type] of [
      ['ts-lora', 'TS_LORA_SOFT'],
      ['ts-dora', 'TS_DORA_SOFT'],
    ] as const) {
      const soft = exported(runSchema.parse({ ...run, method, gate: { rule: 'soft' } }));
      expect(json(soft, 'adapter_config.json').peft_type).toBe(type);
      expect(new TextDecoder().decode(soft.find((f) => f.name === 'README.md')!.bytes)).toContain('max(0, 1 − τ/r)');
      const back = readAdapter(soft, model, 'b');
      expect(back.run).toMatchObject({ method, gate: { rule: 'soft' } });
      expect([...back.thresholds!]).toEqual(thresholdNames(soft).map((name) => tensorsOf(soft).get(name).data[0]));
    }
    expect(readAdapter(files, model, 'b').run.gate.rule).toBe('reconstructed');
  });

  it('that gives skipped tokens a constant says so, and comes back with it', () => {
    for (const [method, type] of [
      ['ts-lora', 'TS_LORA_CONSTANT'],
      ['ts-dora', 'TS_DORA_CONSTANT'],
    ] as const) {
      const late = runSchema.parse({ ...run, method, gate: { rule: 'late' } });
      const adapters = adaptersOf(late);
      const written = exported(late, adapters);
      expect(json(written, 'adapter_config.json').peft_type).toBe(type);
      expect(new TextDecoder().decode(written.find((f) => f.name === 'README.md')!.bytes)).toContain('lora_constant');
      const back = readAdapter(written, model, 'b');
      expect(back.run).toMatchObject({ method, gate: { rule: 'late' } });
      expect(back.adapters).toEqual(adapters);
      expect(() => mergeModule(late, back.adapters[0], new Float32Array(0))).toThrow('cannot be merged');
      // Its constants are no one else's, and without them it is not whole.
      const other = withConfig(written, { peft_type: type.replace('_CONSTANT', '') });
      expect(() => readAdapter(other, model, 'b')).toThrow('tensors');
      const plain = exported({ ...late, gate: { ...late.gate, rule: 'reconstructed' } });
      expect(() => readAdapter(withConfig(plain, { peft_type: type }), model, 'b')).toThrow('lora_constant');
    }
  });

  it('of GateRA has its gates among the tensors, and cannot be merged', () => {
    const gatera = runSchema.parse({ ...run, method: 'gatera' });
    const written = exported(gatera);
    expect(json(written, 'adapter_config.json').peft_type).toBe('GATERA');
    expect(tensorsOf(written).names.filter((name) => name.endsWith('.lora_gate'))).toHaveLength(3);
    expect(written.map((f) => f.name)).toContain('load_gated.py');
    const back = readAdapter(written, model, 'b');
    expect([back.run.method, back.thresholds]).toEqual(['gatera', null]);
    expect(back.adapters[0].extra).toHaveLength(back.adapters[0].dIn);
    expect(() => mergeModule(gatera, back.adapters[0], new Float32Array(0))).toThrow('cannot be merged');
  });

  it('as version 1 wrote it, LORA with ts_peft.json beside it, opens as before', () => {
    const former = exported({ ...run, method: 'lora' });
    const paths = adaptedModules(model, run).map(({ path }) => path);
    const beside = (thresholds: object, scaling = scalingOf(run)) => [
      ...former,
      {
        name: 'ts_peft.json',
        bytes: new TextEncoder().encode(
          JSON.stringify({
            format: 'sieve-ts-peft',
            version: 1,
            rule: 'exact',
            epsilon: 1e-6,
            scaling,
            thresholds,
          }),
        ),
      },
    ];
    const taus = Object.fromEntries(paths.map((path, i) => [path, i / 4]));
    const back = readAdapter(beside(taus), model, 'b');
    expect([back.run.method, back.thresholds]).toEqual(['ts-lora', Float32Array.of(0, 0.25, 0.5)]);
    expect(() => readAdapter(beside({ [paths[0]]: 0 }), model, 'b')).toThrow('has no threshold for');
    expect(() => readAdapter(beside({ ...taus, [paths[0]]: -1 }), model, 'b')).toThrow('ts_peft.json');
    expect(() => readAdapter(beside(taus, 1.5), model, 'b')).toThrow('disagree about the scaling');
  });

  it('is refused where it contradicts itself', () => {
    expect(() => readAdapter(withConfig(files, { use_dora: true }), model, 'b')).toThrow('calls itself TS_LORA');
    expect(() => readAdapter(withConfig(files, { peft_type: 'LORA' }), model, 'b')).toThrow('9 tensors');
    expect(() =>
      readAdapter(withConfig(files, { peft_type: 'TS_ADALORA', init_r: 3, target_r: 3 }), model, 'b'),
    ).toThrow('Sieve gates LoRA and DoRA only');
    expect(() => readAdapter(withConfig(files, { peft_type: 'TS_OFT' }), model, 'b')).toThrow('adapter_config.json');
    const { names, get } = tensorsOf(files);
    const [first] = thresholdNames(files);
    for (const data of [
      Float32Array.of(-0.5),
      Float32Array.of(NaN),
      Float32Array.of(Infinity),
      Float32Array.of(1, 2),
    ]) {
      const bytes = writeSafetensors(
        names.map((name) => (name === first ? { name, shape: [data.length], data } : get(name))),
      );
      const other = files.map((f) => (f.name === WEIGHTS ? { ...f, bytes } : f));
      expect(() => readAdapter(other, model, 'b')).toThrow('is not a number from 0 up');
    }
  });
});

it('rsLoRA stays rsLoRA, with its scaling', () => {
  const files = exported(runSchema.parse({ id: 'a', name: 'A', method: 'ts-lora', rank: 4, alpha: 6, rslora: true }));
  expect(json(files, 'adapter_config.json').use_rslora).toBe(true);
  expect(scalingOf(readAdapter(files, model, 'b').run)).toBe(3);
  expect(readAdapter(files, model, 'b').run.rslora).toBe(true);
});

it('a gate that draws its tokens fits no file', () => {
  const run = runSchema.parse({ id: 'a', name: 'A', method: 'ts-lora', gate: { rule: 'random' } });
  expect(() => exported(run)).toThrow('draws other tokens each time');
});

it('tells the template that it was trained with, a model’s own too', () => {
  const run = runSchema.parse({ id: 'a', name: 'A', method: 'lora' });
  const template = {
    prompt: 'p',
    completion: 'c',
    chat: { name: 'default', source: '{{ messages }}', tokens: { bos_token: '<s>' } },
  };
  const files = exported(run, adaptersOf(run), template);
  expect(readAdapter(files, model, 'b').template).toEqual(template);
  expect(readAdapter(exported(run), model, 'b').template).toEqual({ prompt: 'p', completion: 'c' });
  const readme = (of: AdapterFile[]) => new TextDecoder().decode(of.find((f) => f.name === 'README.md')!.bytes);
  expect(readme(files)).toContain('apply_chat_template');
  expect(readme(exported(run))).not.toContain('apply_chat_template');
});

describe('every method', () => {
  for (const method of METHODS) {
    const run = runSchema.parse({
      id: 'a',
      name: 'A',
      method,
      rank: 3,
      alpha: 5,
      modules: ['q_proj', 'up_proj'],
      adalora: { initRank: 5 },
    });

    it(`${method} comes back as it went`, () => {
      const adapters = adaptersOf(run);
      // Pruned triplets are not written: some of one module, all of another.
      if (method === 'adalora') {
        adapters[0].extra!.fill(0, 1, 3);
        adapters[1].extra!.fill(0);
      }
      const back = readAdapter(exported(run, adapters), model, 'b');
      expect(back.run).toMatchObject({ method, rank: 3, alpha: 5, modules: ['q_proj', 'up_proj'], only: null });
      expect(rankOf(back.run)).toBe(rankOf(run));
      expect(back.thresholds !== null).toBe(isGated(run));
      expect(back.adapters.map((m) => m.extra)).toEqual(adapters.map((m) => m.extra));
      if (method !== 'adalora') expect(back.adapters).toEqual(adapters);
      else {
        // What E = 0 switches off is nothing, whatever A and B were there.
        const w0 = adapters.map((m) => random(m.dIn * m.dOut));
        expect(back.adapters.map((m, i) => mergeModule(back.run, m, w0[i]))).toEqual(
          adapters.map((m, i) => mergeModule(run, m, w0[i])),
        );
        expect(back.adapters[1].a.every((v) => v === 0)).toBe(true);
        expect(
          json(exported(run, adapters), 'adapter_config.json').rank_pattern['model.layers.0.self_attn.q_proj.lora_E'],
        ).toEqual([true, false, false, true, true]);
      }
    });

    it(`${method} ${isMergeable(run) ? 'merges' : 'is not merged'}`, () => {
      const [m] = adaptersOf(run);
      const w0 = random(m.dIn * m.dOut);
      if (!isMergeable(run)) {
        expect(() => mergeModule(run, m, w0)).toThrow('cannot be merged');
        return;
      }
      const merged = mergeModule(run, m, w0);
      expect(merged).not.toEqual(w0);
      if (method === 'dora') {
        const norms = Array.from({ length: m.dOut }, (_, j) =>
          Math.hypot(...merged.subarray(j * m.dIn, (j + 1) * m.dIn)),
        );
        norms.forEach((n, j) => expect(n).toBeCloseTo(Math.abs(m.extra![j]), 5));
      }
    });
  }
});

describe('which modules an adapter has', () => {
  const kinds = runSchema.parse({ id: 'a', name: 'A', method: 'lora', rank: 3, modules: ['q_proj', 'down_proj'] });
  const named = runSchema.parse({
    id: 'a',
    name: 'A',
    method: 'ts-lora',
    rank: 3,
    only: ['2.q_proj', '0.down_proj', '0.q_proj'],
  });

  it('by kind: PEFT gets the last part of each name', () => {
    const files = exported(kinds);
    expect(json(files, 'adapter_config.json').target_modules).toEqual(['q_proj', 'down_proj']);
    expect(readAdapter(files, model, 'b').run).toMatchObject({ modules: ['q_proj', 'down_proj'], only: null, rank: 3 });
  });

  it('by name: whole paths, bottom up, and nothing else', () => {
    const files = exported(named);
    const paths = [
      'model.layers.0.self_attn.q_proj',
      'model.layers.0.mlp.down_proj',
      'model.layers.2.self_attn.q_proj',
    ];
    expect(json(files, 'adapter_config.json').target_modules).toEqual(paths);
    expect(thresholdNames(files)).toEqual(paths.map((path) => `base_model.model.${path}.lora_tau`));
    const back = readAdapter(files, model, 'b');
    expect(back.run).toMatchObject({ modules: ['q_proj', 'down_proj'], only: ['0.q_proj', '0.down_proj', '2.q_proj'] });
    expect(back.adapters).toHaveLength(3);
    expect(back.thresholds).toHaveLength(3);
  });

  it('as PEFT may write it: longer endings, or a pattern', () => {
    const files = exported(kinds);
    expect(
      readAdapter(withConfig(files, { target_modules: ['self_attn.q_proj', 'mlp.down_proj'] }), model, 'b').run.only,
    ).toBeNull();
    expect(
      readAdapter(withConfig(exported(named), { target_modules: '.*(0|2).*(q|down)_proj' }), model, 'b').run.only,
    ).toEqual(['0.q_proj', '0.down_proj', '2.q_proj']);
  });

  it('of another model: says so', () => {
    const files = exported(kinds);
    expect(() => readAdapter(files, withLayers(4), 'b')).toThrow('model.layers.3.self_attn.q_proj.lora_A.weight');
    expect(() => readAdapter(exported(named), withLayers(2), 'b')).toThrow('model.layers.2.self_attn.q_proj');
    expect(() => readAdapter(files, withLayers(2), 'b')).toThrow('12 tensors');
    expect(() => adaptedModules(withLayers(2), named)).toThrow('no module "2.q_proj"');
    // It says that it leaves layers out, and of those it means there is none.
    const other = files.map((f) =>
      f.name === 'adapter_model.safetensors'
        ? { ...f, bytes: writeSafetensors([{ name: 'x.lora_A.weight', shape: [1], data: Float32Array.of(1) }]) }
        : f,
    );
    expect(() => readAdapter(withConfig(other, { layers_to_transform: [0] }), model, 'b')).toThrow(AdapterError);
  });
});
