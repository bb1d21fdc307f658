/**
 * For programs that embed the engine, beside its own face: a model by its name, and texts as batches. In Node.
 *
 *   const { base, tokenizer } = await openModel('sieve-stories-nano', await openCpuDevice());
 *   const batch = textBatch(['A fox ran home.'], tokenizer, 64);
 *   const trainer = await Trainer.create(base, [run], train, fullLayout(base.config, 1, train));
 *
 * `examples/train.mjs` is a whole program.
 */
import { exampleCount, toBatch } from '../data/batches';
import type { BaseModel, Device } from '../engine';
import { giveFolder } from '../hub/source';
import { promptIds } from '../hub/tokenizer';
import { type RunConfig, type TrainConfig, runSchema, trainSchema } from '../shared/config';
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import { speakOfErrors } from '../shared/texts';
import type { TokenBatch, Tokenizer } from '../shared/types';
import { fetchModel, placeWeights, proveModel } from '../train/openModel';
import { serveSite } from './node';
import { readModel } from './setup';

export { promptIds };
export type { RunConfig, TokenBatch, Tokenizer, TrainConfig };

/**
 * Opens a model and proves it, as the page does.
 * @param named a folder, `owner/name` or `owner/name@revision` of the Hugging Face hub, or a model that comes with
 *   Sieve
 * @throws {ModelError} when it cannot be had or read, or when this device computes it wrongly
 */
export async function openModel(named: string, device: Device): Promise<{ base: BaseModel; tokenizer: Tokenizer }> {
  await speakOfErrors();
  serveSite();
  const { source, files } = await readModel(named, undefined, null);
  if (files) giveFolder(source.id, files);
  const fetched = await fetchModel(source, () => {});
  const { base, tokenizer, info } = await proveModel(await placeWeights(device, fetched), fetched, () => {});
  const { ok, relativeError, firstDifference } = info.check;
  if (ok && info.gradients?.state !== 'differs') return { base, tokenizer };
  base.free();
  throw new ModelError(
    message('train.session.refused', { error: relativeError.toExponential(1), first: firstDifference ?? '' }),
  );
}

/**
 * Settings of one adapter, as docs/settings.md names them; what is not given is the page's default. @throws {ZodError}
 */
export const runSettings = (run: Partial<RunConfig> & Pick<RunConfig, 'id' | 'method'>): RunConfig =>
  runSchema.parse({ name: run.id, ...run });

/** What all runs of a trainer share, likewise. @throws {ZodError} */
export const trainSettings = (train: Partial<TrainConfig>): TrainConfig => trainSchema.parse(train);

/**
 * Texts as one batch, of which every token but a text's first is a target; each begins and ends as the model's texts
 * do.
 * @param most tokens of a text; what is longer is truncated
 * @throws {DataError} where no token is left to train on
 */
export function textBatch(texts: readonly string[], tokenizer: Tokenizer, most: number): TokenBatch {
  const end = tokenizer.eosId === null ? [] : [tokenizer.eosId];
  const rows = texts.map((text) => [...promptIds(tokenizer, text), ...end].slice(0, most));
  const offsets = Uint32Array.from([0, ...rows.map(({ length }) => length)]);
  for (let i = 1; i < offsets.length; i++) offsets[i] += offsets[i - 1];
  const ids = Int32Array.from(rows.flat());
  const set = { ids, offsets, supervised: new Uint8Array(ids.length).fill(1) };
  return toBatch(set, [...Array(exampleCount(set)).keys()]);
}
