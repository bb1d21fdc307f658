/** Runs that exports are tested with: adapters whose values are no start's, and files as bytes. */
import { expect } from 'vitest';
import { AdapterRun } from '../../engine/adapterRun';
import type { BaseModel } from '../../engine/base';
import { runSchema, trainSchema } from '../../shared/config';
import type { resolveWeights } from '../../hub/weights';
import { type ExportFile, piecesFile } from '../export/exportFile';
import type { Trained } from '../export/mergedWeights';
import { boundGraph, withAdapter } from '../export/onnxNodes';
import { canPatch, mergedOnnx } from '../export/onnxPatches';

type ResolvedWeights = ReturnType<typeof resolveWeights>;

export function bytesOf({ length, pieces, name }: ExportFile): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces()) {
    out.set(piece, at);
    at += piece.length;
  }
  expect(at, name).toBe(length);
  return out;
}

/** The base's ONNX file with an adapter in it, and whether it was merged into the weights. */
export function onnxWith(
  file: Uint8Array<ArrayBuffer>,
  weights: ResolvedWeights,
  trained: Trained,
): { bytes: Uint8Array<ArrayBuffer>; merged: boolean } {
  const { model } = weights;
  const bound = boundGraph(file, model);
  const merged = canPatch(trained, bound);
  const pieces = merged
    ? [...mergedOnnx(model, bound, { bytes: file, external: new Map(), weights, trained }).own].map((p) => p.slice())
    : withAdapter(model, { weights, bytes: file }, trained);
  return { bytes: bytesOf(piecesFile('model.onnx', pieces)), merged };
}

/** An adapter of the method, with a head that was trained whole. @param size of its updates */
export async function trainedRun(base: BaseModel, given: object, size = 0.3): Promise<AdapterRun> {
  const run = runSchema.parse({ id: 'a', name: 'A', rank: 3, alpha: 5, ...given });
  const own = new AdapterRun(base, run, trainSchema.parse({}));
  await own.init();
  own.load(
    (await own.adapters()).map((m) => ({
      ...m,
      b: m.b.map((_, i) => size * Math.sin(i + 1)),
      ...(m.constant && { constant: m.constant.map((_, i) => size * Math.cos(i)) }),
      // DoRA's m a tenth longer; of AdaLoRA's triplets every third is switched off.
      ...(m.extra && { extra: m.extra.map((x, i) => (run.method === 'adalora' ? 0.5 * (i % 3) : 1.1 * x)) }),
    })),
  );
  const whole = await own.wholeValues();
  own.loadWhole(new Map([...whole].map(([path, values]) => [path, values.map((v, i) => v + 0.1 * Math.sin(i))])));
  await own.refresh();
  return own;
}

export const trainedOf = async (own: AdapterRun): Promise<Trained> => ({
  run: own.config,
  adapters: await own.adapters(),
  thresholds: await own.method.thresholds(),
  whole: await own.wholeValues(),
});
