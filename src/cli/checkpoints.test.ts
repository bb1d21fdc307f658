import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { defaultSession } from '../shared/config';
import type { TokenSet } from '../shared/types';
import type { Checkpoint } from '../train/protocol';
import { CheckpointFolder } from './checkpoints';

const out = mkdtempSync(join(tmpdir(), 'sieve-checkpoint-'));
afterEach(() => rmSync(out, { recursive: true, force: true }));

const set = (...ids: number[]): TokenSet => ({
  ids: Int32Array.from(ids),
  offsets: Uint32Array.from([0, ids.length]),
  supervised: Uint8Array.from(ids, () => 1),
});
const model = { kind: 'embedded', id: 'nano' } as const;
const config = defaultSession();
const wanted = { config, model, train: set(1, 2, 3), validation: set(4) };
const at = (step: number) => async (dataHash: string) =>
  ({
    info: { step, config, model, dataHash },
    state: { step, tensors: Float32Array.of(step) },
    page: null,
  }) as unknown as Checkpoint;

test('a run goes on from its own newest checkpoint only', async () => {
  const folder = new CheckpointFolder(out);
  expect(await folder.find(wanted)).toBeNull();
  await folder.begin(wanted);
  expect(await folder.find(wanted)).toBeNull();
  expect(await folder.save(at(3))).toBe(3);
  expect(await Promise.all([folder.save(at(4)), folder.save(at(5))])).toEqual([4, 5]);
  const again = new CheckpointFolder(out);
  expect(await again.find(wanted)).toMatchObject({ state: { step: 5, tensors: Float32Array.of(5) } });
  for (const [differs, change] of [
    ['settings', { config: { ...config, train: { ...config.train, steps: 7 } } }],
    ['model', { model: { kind: 'embedded', id: 'other' } }],
    ['data', { train: set(1, 2, 4) }],
  ] as const)
    await expect(again.find({ ...wanted, ...change }), differs).rejects.toThrow(`after step 5: its ${differs} differ`);
  await again.clear();
  expect(existsSync(again.path)).toBe(false);
  expect(await again.find(wanted)).toBeNull();
});

test('of a damaged one the one before counts', async () => {
  const folder = new CheckpointFolder(out);
  await folder.find(wanted);
  await folder.begin(wanted);
  await folder.save(at(1));
  await folder.save(at(2));
  // Its number is 2, whose highest bytes as f64 are 40 00; those of 1 are 3f f0.
  const [newest] = ['a', 'b'].map((slot) => join(folder.path, slot)).filter((slot) => readFileSync(slot)[8 + 6] === 0);
  const bytes = readFileSync(newest);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(newest, bytes);
  expect((await new CheckpointFolder(out).find(wanted))?.info.step).toBe(1);
});
