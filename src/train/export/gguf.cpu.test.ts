/**
 * Adapters for llama.cpp. Those of the nano model lie in `.out/export-gguf` beside the model as a GGUF, where CI lets
 * llama.cpp answer with them (.ci/llama.mjs).
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { adapterMethodOf } from '../../engine/adapters/methods';
import type { ModuleAdapter } from '../../engine/adapters/parameters';
import { adaptedModules } from '../../engine/model/modules';
import { testDevice } from '../../engine/testing/harness';
import { BaseModel } from '../../engine/base';
import { inMemory } from '../../hub/byteFile';
import { readModel } from '../../hub/family';
import { transpose } from '../../hub/floats';
import { type GgufHead, readGguf } from '../../hub/gguf/container';
import { ggufWeights } from '../../hub/gguf/model';
import NAMES from '../../hub/gguf/testing/names.json';
import { readTensor } from '../../hub/gguf/types';
import { readSafetensors } from '../../hub/safetensors';
import { gguf } from '../../hub/testing/gguf';
import { NANO, nanoGguf } from '../../hub/testing/nanoGguf';
import { openTokenizer, promptIds } from '../../hub/tokenizer';
import { METHODS, type RunConfig, runSchema, scalingOf } from '../../shared/config';
import { methodOf } from '../../shared/methods';
import { type ModelDescription, weightShapes } from '../../shared/model';
import { checkOf, writtenCheck } from '../adapterCheck';
import { logitRows } from '../logitRows';
import { trainedOf, trainedRun } from '../testing/exported';
import { ggufAdapter } from './ggufAdapter';

const OUT = '.out/export-gguf';
const FOLDER = 'python/fixtures/families';
beforeAll(() => rmSync(OUT, { recursive: true, force: true }));

const values = (file: GgufHead, bytes: Uint8Array, name: string) =>
  readTensor(file.tensors.get(name)!, inMemory(bytes)) as Float32Array;

/** B A [out, in]. */
function product(b: Float32Array, a: Float32Array, rank: number): Float32Array {
  const [dOut, dIn] = [b.length / rank, a.length / rank];
  const out = new Float32Array(dOut * dIn);
  for (let j = 0; j < dOut; j++)
    for (let r = 0; r < rank; r++) for (let k = 0; k < dIn; k++) out[j * dIn + k] += b[j * rank + r] * a[r * dIn + k];
  return out;
}

function adaptersOf(model: ModelDescription, run: RunConfig): ModuleAdapter[] {
  return adaptedModules(model, run).map(({ path, dIn, dOut }, n) => ({
    path,
    dIn,
    dOut,
    a: Float32Array.from({ length: run.rank * dIn }, (_, i) => Math.sin(i + n)),
    b: Float32Array.from({ length: run.rank * dOut }, (_, i) => Math.cos(i * (n + 1))),
  }));
}

/** Families whose files have names here; those of llama.cpp's that are no family of its own go by another's. */
const NAMED = Object.entries(NAMES as Record<string, { architecture: string }>);

describe.each(NAMED)('%s', (family) => {
  it('beside each weight of its GGUF lies the update of that weight, in its order of rows', () => {
    const model = readModel(JSON.parse(readFileSync(`${FOLDER}/${family}/config.json`, 'utf8')));
    const run = runSchema.parse({ id: 'a', name: 'A', method: 'lora', rank: 2, modules: ['all-linear'] });
    const adapters = adaptersOf(model, run);
    const bytes = ggufAdapter(model, { run, adapters, thresholds: null, whole: new Map() });
    const file = readGguf(bytes);
    expect(file.tensors.size).toBe(2 * adapters.length);
    // A model whose weights are the updates, read as any GGUF is.
    const { architecture, tensors } = (
      NAMES as Record<string, { architecture: string; tensors: Record<string, string> }>
    )[family];
    const shapes = new Map(weightShapes(model).map(({ name, shape }) => [name, shape]));
    const parts = Object.entries(tensors).map(([tensor, name]) => {
      const a = file.tensors.has(`${name}.lora_a`) ? values(file, bytes, `${name}.lora_a`) : null;
      const shape = a
        ? [file.tensors.get(`${name}.lora_b`)!.shape[0], file.tensors.get(`${name}.lora_a`)!.shape[1]]
        : shapes.get(tensor)!;
      const data = a
        ? product(values(file, bytes, `${name}.lora_b`), a, run.rank)
        : new Float32Array(shape.reduce((x, y) => x * y, 1));
      return { name, shape, type: 0, bytes: new Uint8Array(data.buffer) };
    });
    const whole = gguf({ 'general.architecture': architecture }, parts);
    const weights = ggufWeights(readGguf(whole), inMemory(whole), model);
    for (const m of adapters) {
      const [{ inOut }] = adaptedModules(model, run).filter(({ path }) => path === m.path);
      const update = product(m.b, m.a, run.rank);
      expect(weights.get(`${m.path}.weight`).data, m.path).toEqual(inOut ? transpose(update, m.dOut, m.dIn) : update);
    }
  });
});

const read = readSafetensors(readFileSync(`${NANO}/model.safetensors`));
const config = readModel(JSON.parse(readFileSync(`${NANO}/config.json`, 'utf8')));
const PROMPT = 'Once upon a time there was a fox who wanted to see the sea.';

describe('the nano model', () => {
  it.each([
    { method: 'lora' },
    { method: 'lora', rslora: true, only: ['0.q_proj', '1.k_proj'] },
    { method: 'adalora', adalora: { initRank: 5 } },
  ])('%j', async (given) => {
    const base = await BaseModel.create(await testDevice(), config, (name) => read.get(name).data);
    const own = await trainedRun(base, given, 0.1);
    const bytes = ggufAdapter(config, await trainedOf(own));
    const { metadata } = readGguf(bytes);
    expect(Object.fromEntries(metadata)).toMatchObject({
      'general.architecture': 'llama',
      'general.type': 'adapter',
      'adapter.type': 'lora',
      'adapter.lora.alpha': Math.fround(scalingOf(own.config) * (given.method === 'adalora' ? 5 : 3)),
    });
    const ids = promptIds(await openTokenizer({ kind: 'embedded', id: 'sieve-stories-nano' }), PROMPT);
    const all = await logitRows(base, own, [{ ids }]);
    const rows = [ids.length - 1];
    const check = checkOf({ model: 'nano', ids: [...ids], rows, logits: rows.map((row) => all[row]) });
    const folder = `${OUT}/${given.method}${given.rslora ? '-rs' : ''}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/base.gguf`, nanoGguf('F32'));
    writeFileSync(`${folder}/adapter.gguf`, bytes);
    writeFileSync(`${folder}/check.json`, JSON.stringify(writtenCheck(check)));
    own.free();
    base.free();
  });

  it('DoRA, gates and families that llama.cpp has not are refused', async () => {
    const run = runSchema.parse({ id: 'a', name: 'A', method: 'lora', rank: 2, modules: ['q_proj'] });
    const adapters = adaptersOf(config, run);
    const of =
      (change: Partial<RunConfig>, thresholds: Float32Array | null = null, model = config) =>
      () =>
        ggufAdapter(model, { run: { ...run, ...change }, adapters, thresholds, whole: new Map() });
    expect(of({})).not.toThrow();
    // What the dialog says before it is asked for is what would be refused.
    for (const method of METHODS) {
      const { rescales = false } = methodOf({ method });
      expect(adapterMethodOf({ ...run, method }).mergeRow !== undefined, method).toBe(rescales);
    }
    expect(of({ method: 'dora' })).toThrow('not that of DoRA');
    expect(of({ method: 'gatera' })).toThrow('not that of GateRA');
    expect(of({ method: 'ts-lora' }, Float32Array.of(0.1))).toThrow('its gates skip some');
    expect(of({}, null, { ...config, family: 'opt' })).toThrow('(opt)');
  });
});
