/** Adapters through their files and back, without a GPU. */
import { describe, expect, it } from 'vitest';
import { adaptedModules, modulePath } from '../engine/model/llama';
import { type RunConfig, runSchema } from '../shared/config';
import { Rng } from '../shared/rng';
import type { LlamaConfig } from '../shared/types';
import { adapterFiles, readAdapter } from './adapterFiles';
import type { AdapterFile } from './protocol';

const model: LlamaConfig = { layers: 3, dModel: 8, heads: 2, kvHeads: 1, headDim: 4, ffn: 12, vocab: 20, context: 64, rmsEps: 1e-5, ropeTheta: 10000, tied: true, bosId: 1, eosIds: [2] };

function exported(run: RunConfig): AdapterFile[] {
  const rng = new Rng(1);
  const random = (length: number) => Float32Array.from({ length }, () => rng.uniform(-1, 1));
  const adapters = adaptedModules(model, run).map((m) => ({ path: modulePath(m), dIn: m.dIn, dOut: m.dOut, a: random(run.rank * m.dIn), b: random(m.dOut * run.rank) }));
  return adapterFiles({
    run, modelName: 'tiny', adapters, thresholds: run.method === 'ts-lora' ? random(adapters.length).map(Math.abs) : null,
    template: { prompt: 'p', completion: 'c' }, check: { model: 'tiny', ids: [1], rows: [0], dense: null, gated: null },
  });
}

const json = (files: AdapterFile[], name: string) => JSON.parse(new TextDecoder().decode(files.find((f) => f.name === name)!.bytes));
const withConfig = (files: AdapterFile[], change: Record<string, unknown>): AdapterFile[] =>
  files.map((f) => (f.name === 'adapter_config.json' ? { ...f, bytes: new TextEncoder().encode(JSON.stringify({ ...json(files, f.name), ...change })) } : f));

describe('which modules an adapter has', () => {
  const kinds = runSchema.parse({ id: 'a', name: 'A', method: 'lora', rank: 3, modules: ['q', 'down'] });
  const named = runSchema.parse({ id: 'a', name: 'A', method: 'ts-lora', rank: 3, only: ['2.q', '0.down', '0.q'] });

  it('by kind: PEFT gets the last part of each name', () => {
    const files = exported(kinds);
    expect(json(files, 'adapter_config.json').target_modules).toEqual(['q_proj', 'down_proj']);
    expect(readAdapter(files, model, 'b').run).toMatchObject({ modules: ['q', 'down'], only: null, rank: 3 });
  });

  it('by name: whole paths, bottom up, and nothing else', () => {
    const files = exported(named);
    const paths = ['model.layers.0.self_attn.q_proj', 'model.layers.0.mlp.down_proj', 'model.layers.2.self_attn.q_proj'];
    expect(json(files, 'adapter_config.json').target_modules).toEqual(paths);
    expect(Object.keys(json(files, 'ts_peft.json').thresholds)).toEqual(paths);
    const back = readAdapter(files, model, 'b');
    expect(back.run).toMatchObject({ modules: ['q', 'down'], only: ['0.q', '0.down', '2.q'] });
    expect(back.adapters).toHaveLength(3);
    expect(back.thresholds).toHaveLength(3);
  });

  it('as PEFT may write it: longer endings, or a pattern', () => {
    const files = exported(kinds);
    expect(readAdapter(withConfig(files, { target_modules: ['self_attn.q_proj', 'mlp.down_proj'] }), model, 'b').run.only).toBeNull();
    expect(readAdapter(withConfig(exported(named), { target_modules: '.*(0|2).*(q|down)_proj' }), model, 'b').run.only).toEqual(['0.q', '0.down', '2.q']);
  });

  it('of another model: says so', () => {
    const files = exported(kinds);
    expect(() => readAdapter(files, { ...model, layers: 4 }, 'b')).toThrow('model.layers.3.self_attn.q_proj.lora_A.weight');
    expect(() => readAdapter(exported(named), { ...model, layers: 2 }, 'b')).toThrow('model.layers.2.self_attn.q_proj');
    expect(() => readAdapter(files, { ...model, layers: 2 }, 'b')).toThrow('12 tensors');
    expect(() => adaptedModules({ ...model, layers: 2 }, named)).toThrow('no module "2.q"');
  });
});
