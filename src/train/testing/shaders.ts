/**
 * Every compute shader of training and generation as a GPU gets it: each piece of WGSL composed with its constants,
 * aliases and snippets. `npm run shaders` writes them to a folder, to be read in one piece; a test holds them to what
 * is written down in docs/shaders.
 */
import { BaseModel, Generator, Trainer } from '../../engine';
import { listingDevice } from '../../engine/testing/listingDevice';
import { GATE_RULES, METHODS, runSchema, trainSchema } from '../../shared/config';
import { weightShapes } from '../../shared/model';
import { isRefused } from '../../shared/settings';
import { TINY_LLAMA } from './tinyLlama';

/** File name → WGSL. Labels that name one shader share a file; the first one names it. */
export async function composedShaders(): Promise<Map<string, string>> {
  const { device, kernels } = listingDevice('gpu');
  const sizes = new Map(weightShapes(TINY_LLAMA).map(({ name, shape }) => [name, shape.reduce((a, b) => a * b)]));
  const base = new BaseModel(device, TINY_LLAMA, (name) => new Float32Array(sizes.get(name)!));
  const runs = [
    ...METHODS.map((method) => ({
      id: method,
      method,
      dropout: isRefused({ group: 'run', key: 'dropout' }, method) ? 0 : 0.1,
    })),
    ...GATE_RULES.map((rule) => ({ id: rule, method: 'ts-lora', gate: { rule, targetSparsity: 0.5 } })),
    { id: 'soft-dora', method: 'ts-dora', gate: { rule: 'soft' } },
  ].map((run) => runSchema.parse({ name: run.id, rank: 4, ...run }));
  for (const more of [{ recompute: false }, { recompute: true }, { recompute: false, measures: true }] as const) {
    const trainer = await Trainer.create(
      base,
      runs,
      trainSchema.parse({ steps: 10, loadBestCheckpoint: true, devShare: 0.5 }),
      {
        capacity: { rows: 24, supervised: 20, segments: runs.length, headChunk: 64 },
        microBatches: 1,
        ...more,
      },
    );
    trainer.free();
  }
  (await Generator.create(base, [null], 32)).free();
  base.free();
  const files = new Map<string, string>();
  const seen = new Set<string>();
  for (const { label, code } of kernels) {
    if (seen.has(code)) continue;
    seen.add(code);
    const name = label.replaceAll(/[^\w]+/g, '-');
    let file = `${name}.wgsl`;
    for (let n = 2; files.has(file); n++) file = `${name}-${n}.wgsl`;
    files.set(file, `${code.trim()}\n`);
  }
  return files;
}
