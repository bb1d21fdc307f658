/**
 * Adapters in the ONNX graphs of every family, as optimum exports them: ONNX Runtime gives the page's logits, merged
 * and with gates. The models are made by shared/models/recipe-real/families-recipe.py; SIEVE_FAMILIES names their
 * folder, without it they are skipped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BaseModel } from '../../engine/base';
import { expectCloseToMax } from '../../engine/testing/allclose';
import { testDevice } from '../../engine/testing/harness';
import { MODEL_TYPES, readModel } from '../../hub/family';
import { OnnxParser } from '../../hub/onnx/parser';
import { onnxLogits } from '../../hub/onnxRuntime';
import { resolveWeights } from '../../hub/weights';
import { tellsClasses } from '../../shared/model';
import { logitRows } from '../logitRows';
import { onnxWith, trainedOf, trainedRun } from '../testing/exported';

const FOLDER = process.env.SIEVE_FAMILIES ?? '../shared/models/families';
const IDS = Int32Array.of(5, 9, 2, 17, 30, 11, 4);

it.each(MODEL_TYPES)('%s', async (type) => {
  const folder = `${FOLDER}/${type}`;
  if (!existsSync(`${folder}/onnx/model.onnx`)) return console.info(`skipped: no ${folder}/onnx/model.onnx`);
  const config = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')) as object;
  // The tiny vocabularies do not have the families' usual tokens.
  const described = readModel({ ...config, bos_token_id: null, eos_token_id: null });
  if (tellsClasses(described)) return console.info(`skipped: ${type} is read from safetensors`);
  const file = new Uint8Array(readFileSync(`${folder}/onnx/model.onnx`));
  const weights = resolveWeights(new OnnxParser().finish(file), described);
  const base = await BaseModel.create(await testDevice(), weights.model, weights.stored);
  for (const method of ['lora', 'ts-dora']) {
    const own = await trainedRun(base, { method }, 0.05);
    if (method !== 'lora') own.method.setThresholds(Float32Array.from(own.modules, (_, i) => 0.02 * (i % 3)));
    await own.refresh();
    const { bytes, merged } = onnxWith(file, weights, await trainedOf(own));
    expect(merged).toBe(method === 'lora');
    const { headDim } = weights.model.layers[0].attention;
    const reference = {
      kind: 'onnx' as const,
      file: 'model.onnx',
      external: new Map(),
      half: false,
      headDim,
      ends: [],
      bytes,
    };
    const ours = await logitRows(base, own, [{ ids: IDS }]);
    const { data } = await onnxLogits(reference, [{ ids: IDS }]);
    expectCloseToMax(
      data,
      ours.flatMap((row) => [...row]),
      1e-5,
      `${type}, ${method}`,
    );
    own.free();
  }
  base.free();
});
