/** The plan's models, opened: those of the repository, and those of a folder that is not in it. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readModel } from '../../src/cli/setup';
import { openCpuDevice } from '../../src/engine';
import { giveFolder } from '../../src/hub/source';
import type { ModelSource } from '../../src/shared/types';
import { type OpenModel, fetchModel, placeWeights, proveModel } from '../../src/train/openModel';
import type { ClaimModel } from './plan';

/**
 * Where a model lies that is not in the repository, below `$SIEVE_MODELS` or `shared/models` beside it; null: nobody
 * knows.
 */
const FOLDERS: Partial<Record<ClaimModel, string | null>> = {
  'tinystories-656k': 'tinystories-656k-llama',
  // shared/models/recipe-real makes it.
  'smollm2-135m': null,
};

/** @throws {Error} where the model's folder is not there */
async function sourceOf(name: ClaimModel, given: string | undefined): Promise<ModelSource> {
  if (!(name in FOLDERS)) return { kind: 'embedded', id: name };
  const own = FOLDERS[name];
  const folder = given ?? (own && join(process.env.SIEVE_MODELS ?? resolve('..', 'shared', 'models'), own));
  if (!folder) throw new Error(`${name} is not in this repository: --folder names where it lies`);
  if (!existsSync(join(folder, 'config.json')))
    throw new Error(`${name} is not in ${folder}; --folder names where it lies`);
  const { source, files } = await readModel(folder, undefined, null);
  giveFolder(source.id, files!);
  return source;
}

/**
 * On one thread of the CPU engine: one process uses one core, two of them two. @param folder of a model that is not in
 * the repository
 */
export async function openModel(name: ClaimModel, folder?: string): Promise<OpenModel> {
  const emit = () => {};
  const files = await fetchModel(await sourceOf(name, folder), emit);
  const base = await placeWeights(await openCpuDevice({ threads: 1 }), files);
  return proveModel(base, files, emit);
}
