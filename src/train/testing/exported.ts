/** Runs that exports are tested with: adapters whose values are no start's, and files as bytes. */
import { expect } from 'vitest';
import { AdapterRun } from '../../engine/adapterRun';
import type { BaseModel } from '../../engine/base';
import { runSchema, trainSchema } from '../../shared/config';
import type { ExportFile } from '../export/exportFile';
import type { Trained } from '../export/mergedWeights';

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
