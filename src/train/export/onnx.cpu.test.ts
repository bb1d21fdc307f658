/**
 * The base's ONNX file with an adapter in it: ONNX Runtime gives the page's logits, merged, with gates, on quantised
 * bases. The files lie in `.out/export-onnx` for CI, where ONNX Runtime of Python opens them, too
 * (python/sieve_ref/check_onnx.py).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BaseModel } from '../../engine/base';
import { expectCloseToMax } from '../../engine/testing/allclose';
import { testDevice } from '../../engine/testing/harness';
import { readModel } from '../../hub/family';
import { OnnxParser } from '../../hub/onnx/parser';
import { multiplyExactly } from '../../hub/onnx/quantised';
import { onnxLogits } from '../../hub/onnxRuntime';
import { halveOnnx, packOnnx } from '../../hub/testing/formsOnnx';
import { quantiseOnnx } from '../../hub/testing/quantiseOnnx';
import { NANO } from '../../hub/testing/nanoGguf';
import { openTokenizer, promptIds } from '../../hub/tokenizer';
import { resolveWeights } from '../../hub/weights';
import { checkOf, writtenCheck } from '../adapterCheck';
import { logitRows } from '../logitRows';
import { onnxWith, trainedOf, trainedRun } from '../testing/exported';

const OUT = '.out/export-onnx';

const config = readModel(JSON.parse(readFileSync(`${NANO}/config.json`, 'utf8')));
const plainFile = () => new Uint8Array(readFileSync(`${NANO}/onnx/model.onnx`));
const PROMPT = 'Once upon a time there was a fox who wanted to see the sea. "Who are you?" asked the crab.';

/** The file as several exporters write it. */
const FORMS = {
  plain: (file: Uint8Array<ArrayBuffer>) => file,
  quantised: (file: Uint8Array<ArrayBuffer>) => quantiseOnnx(file),
  half: halveOnnx,
  packed: packOnnx,
  halfPacked: (file: Uint8Array<ArrayBuffer>) => halveOnnx(packOnnx(file)),
} as const;

/** @param share of each module's tokens that are skipped, about; null without a gate */
async function check(
  name: string,
  given: { method: string },
  { share, form }: { share: number | null; form: keyof typeof FORMS },
) {
  const file = FORMS[form](plainFile());
  const half = form.startsWith('half');
  const graph = new OnnxParser().finish(file);
  multiplyExactly(graph);
  const weights = resolveWeights(graph, config);
  const base = await BaseModel.create(await testDevice(), weights.model, weights.stored);
  const own = await trainedRun(base, given, 0.05);
  if (share !== null)
    own.method.setThresholds(Float32Array.from(own.modules, (_, i) => 0.02 + 0.03 * ((i * 7) % 5) * share));
  await own.refresh();
  const ids = promptIds(await openTokenizer({ kind: 'embedded', id: 'sieve-stories-nano' }), PROMPT);
  const all = await logitRows(base, own, [{ ids }]);
  const { bytes: made, merged } = onnxWith(file, weights, await trainedOf(own));
  expect(merged).toBe(share === null && given.method !== 'gatera' && form !== 'quantised');
  const reference = { kind: 'onnx' as const, file: 'model.onnx', external: new Map(), half, headDim: 16, ends: [] };
  const { data } = await onnxLogits({ ...reference, bytes: made.slice() }, [{ ids }]);
  const rowsOf = (rows: readonly Float32Array[]) => rows.flatMap((row) => [...row]);
  // Updates near τ fall on either side where products are rounded to f16.
  expectCloseToMax(data, rowsOf(all), half ? 1e-2 : 1e-5, name);
  // Neither the base alone, nor the adapter on every token.
  const largest = data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const apart = (other: readonly number[]) => other.reduce((most, v, i) => Math.max(most, Math.abs(v - data[i])), 0);
  expect(apart(rowsOf(await logitRows(base, null, [{ ids }]))) / largest, 'base').toBeGreaterThan(1e-3);
  if (share !== null) {
    own.method.setThresholds(new Float32Array(own.modules.length));
    await own.refresh();
    expect(apart(rowsOf(await logitRows(base, own, [{ ids }]))) / largest, 'every token').toBeGreaterThan(1e-3);
  }
  const folder = `${OUT}/${name}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/model.onnx`, made);
  const rows = [0, 7, ids.length - 1];
  const written = checkOf({ model: 'nano', ids: [...ids], rows, logits: rows.map((row) => all[row]) });
  writeFileSync(`${folder}/check.json`, JSON.stringify(writtenCheck(written)));
  own.free();
  base.free();
  return { grown: made.length - file.length };
}

describe('ONNX Runtime gives the logits of the page', () => {
  it.each(['lora', 'dora', 'adalora'])('%s, merged: the file has its length', async (method) => {
    const { grown } = await check(`${method}-merged`, { method }, { share: null, form: 'plain' });
    expect(grown).toBe(0);
  });

  it.each(['lora', 'dora'])('%s beside a quantised base', async (method) => {
    await check(`${method}-q4`, { method }, { share: null, form: 'quantised' });
  });

  it.each(['ts-lora', 'ts-dora'])('%s with its gates', async (method) => {
    await check(`${method}-gates`, { method }, { share: 1, form: 'plain' });
  });

  it.each([
    ['soft', 'ts-lora'],
    ['late', 'ts-lora'],
    ['late', 'ts-dora'],
  ])('a %s gate of %s', async (rule, method) => {
    await check(`${method}-${rule}-gates`, { method, gate: { rule } } as never, { share: 1, form: 'plain' });
  });

  it('GateRA: σ(w·x) of each token and module', async () => {
    await check('gatera-gates', { method: 'gatera' }, { share: null, form: 'plain' });
  });

  it.each([
    { method: 'lora', form: 'half', share: null },
    { method: 'dora', form: 'packed', share: null },
    { method: 'ts-dora', form: 'packed', share: 1 },
    { method: 'ts-lora', form: 'halfPacked', share: 1 },
  ] as const)('$method, the file’s products as $form', async ({ method, form, share }) => {
    await check(`${method}-${form}`, { method }, { share, form });
  });

  it('gates on a quantised base, on some modules', async () => {
    const only = ['0.q_proj', '1.down_proj', '1.up_proj'];
    await check('ts-lora-q4', { method: 'ts-lora', only } as never, { share: 1, form: 'quantised' });
  });
});
