/**
 * Weights found in the ONNX graphs of every family, as optimum exports them, are those of the state dict. The models
 * are made by shared/models/recipe-real/families-recipe.py; SIEVE_FAMILIES names their folder.
 */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tellsClasses, weightShapes } from '../shared/model';
import { inMemory } from './byteFile';
import { MODEL_TYPES, readModel } from './family';
import { OnnxParser } from './onnx/parser';
import { safetensorsWeights } from './safetensorsModel';
import { checkNode, resolveWeights } from './weights';

const FOLDER = process.env.SIEVE_FAMILIES ?? '../shared/models/families';

it.each(MODEL_TYPES)('%s', (type) => {
  const folder = `${FOLDER}/${type}`;
  if (!existsSync(`${folder}/onnx/model.onnx`)) return console.info(`skipped: no ${folder}/onnx/model.onnx`);
  // The tiny vocabularies do not have the families' usual tokens.
  const config = {
    ...JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')),
    bos_token_id: null,
    eos_token_id: null,
  };
  const model = readModel(config);
  if (tellsClasses(model) && model.embedding.patches) return console.info(`skipped: ${type} is read from safetensors`);
  const bytes = readFileSync(`${folder}/onnx/model.onnx`);
  const weights = resolveWeights(new OnnxParser({ onNode: checkNode(model) }).finish(bytes), model);
  const truth = safetensorsWeights(
    new Map([['model.safetensors', inMemory(readFileSync(`${folder}/model.safetensors`))]]),
    model,
  );
  for (const { name, shape } of weightShapes(model)) {
    const [ours, theirs] = [weights.get(name), truth.get(name)];
    expect(ours.shape, name).toEqual(shape);
    const worst = ours.data.reduce((most, v, i) => Math.max(most, Math.abs(v - theirs.data[i])), 0);
    // Gemma's norms are stored as 1 + weight.
    expect(worst, name).toBeLessThan(1e-7);
  }
});
