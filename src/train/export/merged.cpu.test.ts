/**
 * Merged models of every family: read again they give the adapter's logits. They lie in `.out/export-merged` for CI,
 * where transformers must give those of check.json (python/sieve_ref/check_export.py).
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AdapterRun } from '../../engine/adapterRun';
import { BaseModel } from '../../engine/base';
import { expectCloseToMax } from '../../engine/testing/allclose';
import { testDevice } from '../../engine/testing/harness';
import { inMemory } from '../../hub/byteFile';
import { type SafetensorsFiles, safetensorsWeights } from '../../hub/safetensorsModel';
import { VALUE_TYPES, type ValueType } from '../../shared/exports';
import { tellsClasses } from '../../shared/model';
import { checkOf, writtenCheck } from '../adapterCheck';
import { logitRows } from '../logitRows';
import { bytesOf, trainedOf, trainedRun } from '../testing/exported';
import { askedOf } from '../testing/asked';
import { FIXTURE_FAMILIES, loadFamily, openFamily } from '../testing/family';
import { transformersConfig } from './exportFiles';
import { type Trained, mergedWeights } from './mergedWeights';
import { safetensorsFiles } from './safetensorsFiles';

const OUT = '.out/export-merged';

beforeAll(() => rmSync(OUT, { recursive: true, force: true }));

async function baseWeights(name: string, base: BaseModel) {
  const file = await fetch(`/python/fixtures/families/${name}/model.safetensors`);
  const files: SafetensorsFiles = new Map([['model.safetensors', inMemory(new Uint8Array(await file.arrayBuffer()))]]);
  return safetensorsWeights(files, base.config);
}

/** Largest error that rounding the weights to a type may make, of the largest logit. */
const BARS: Record<ValueType, number> = { F32: 1e-5, F16: 3e-3, BF16: 3e-2 };

async function checkMerged(
  name: string,
  given: { method: string },
  { type, shard }: { type: ValueType; shard?: number },
) {
  const device = await testDevice();
  const f = await loadFamily(name);
  const base = await openFamily(device, name);
  const { given: question, written: asked } = askedOf(f, base);
  const own = await trainedRun(base, given);
  const rows = tellsClasses(base.config) ? [0] : [0, 3, 16];
  const logits = async (of: BaseModel, run: AdapterRun | null) => {
    const all = await logitRows(of, run, [question]);
    return rows.map((row) => [...all[row]]);
  };
  const expected = await logits(base, own);
  const weights = await baseWeights(name, base);
  const files = safetensorsFiles(mergedWeights(base.config, weights, await trainedOf(own)), type, shard);
  const written = new Map(files.map((file) => [file.name, bytesOf(file)]));
  own.free();

  const read: SafetensorsFiles = new Map(
    [...written].flatMap(([path, bytes]) => (path.endsWith('.safetensors') ? [[path, inMemory(bytes)] as const] : [])),
  );
  const merged = await BaseModel.create(device, base.config, safetensorsWeights(read, base.config).stored);
  expectCloseToMax((await logits(merged, null)).flat(), expected.flat(), BARS[type], `${name} merged in ${type}`);
  merged.free();
  base.free();

  const folder = `${OUT}/${name}-${given.method}-merged-${type.toLowerCase()}`;
  mkdirSync(folder, { recursive: true });
  for (const [path, bytes] of written) writeFileSync(`${folder}/${path}`, bytes);
  const config = readFileSync(`python/fixtures/families/${name}/config.json`, 'utf8');
  writeFileSync(`${folder}/config.json`, transformersConfig(config, base.config, type));
  const check = checkOf({ model: `families/${name}`, ...asked, rows, logits: expected });
  writeFileSync(`${folder}/check.json`, JSON.stringify(writtenCheck(check)));
  return [...written.keys()];
}

const METHODS = ['lora', 'dora', 'adalora'];
const CASES = FIXTURE_FAMILIES.map((name, i) => ({ name, method: METHODS[i % METHODS.length] }));

describe('a merged model is the base with its adapter', () => {
  // Each family once, each method several times.
  it.each(CASES)('$name, $method', async (of) => {
    expect(await checkMerged(of.name, of, { type: 'F32' })).toEqual(['model.safetensors']);
  });

  it('with rsLoRA on some modules, in shards that an index names', async () => {
    const files = await checkMerged(
      'llama',
      { method: 'lora', rslora: true, modules: ['v_proj', 'up_proj'] } as never,
      {
        type: 'F32',
        shard: 20_000,
      },
    );
    expect(files.length).toBeGreaterThan(3);
    expect(files[0]).toMatch(/^model-00001-of-000\d\d\.safetensors$/);
    expect(files.at(-1)).toBe('model.safetensors.index.json');
  });

  it.each(VALUE_TYPES.filter((type) => type !== 'F32'))('in %s', async (type) => {
    await checkMerged('qwen3', { method: 'lora' }, { type });
  });

  it('gates cannot be merged, and values beyond f16 are not written as infinite', async () => {
    const base = await openFamily(await testDevice(), 'llama');
    const weights = await baseWeights('llama', base);
    const gated = await trainedRun(base, { method: 'ts-lora' });
    gated.method.setThresholds(new Float32Array(gated.modules.length).fill(0.3));
    const of = await trainedOf(gated);
    expect(() => mergedWeights(base.config, weights, of)).toThrow('cannot be merged');
    gated.free();
    const plain: Trained = { ...of, run: { ...of.run, method: 'lora' }, thresholds: null };
    plain.adapters[0].b.fill(1e6);
    const files = safetensorsFiles(mergedWeights(base.config, weights, plain), 'F16');
    expect(() => files.map(bytesOf)).toThrow(/values that f16 has no room for/);
    base.free();
  });
});
