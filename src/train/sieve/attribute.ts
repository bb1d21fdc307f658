/**
 * Path attribution of a run's adapter, for the page: on the text that is watched, or by module on validation examples.
 */
import type { AdapterRun } from '../../engine/adapterRun';
import { maxContext } from '../../engine/model/modules';
import {
  type Attributed,
  type Attribution,
  RANKED_EXAMPLES,
  type TextWorth,
  canAttribute,
} from '../../shared/attribution';
import type { TrainConfig } from '../../shared/config';
import { AdapterError, TrainError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { TokenSet } from '../../shared/types';
import type { OpenModel } from '../openModel';
import { type Watched, watchedOf } from '../watch';
import { firstBatches } from './data';
import { Twin } from './twin';

/** What a run is attributed with. */
interface Ground {
  model: OpenModel;
  validation: TokenSet;
  train: TrainConfig;
}

/**
 * @param wanted `each`: before each pass; what it throws ends it
 * @throws {AdapterError} for a run that cannot be attributed; {TrainError} for a text without loss tokens
 */
export async function attribute(
  { model, validation, train }: Ground,
  trained: AdapterRun,
  wanted: { of: Attributed; points: number; each?: (done: number, all: number) => void },
): Promise<Attribution> {
  const { of, points, each } = wanted;
  if (!canAttribute(trained.config))
    throw new AdapterError(message('train.attribution.method', { run: trained.config.name }));
  const twin = await Twin.open(model, trained, train);
  try {
    const { trainer, run, adapter } = twin;
    const { config } = model.base;
    const most = Math.min(trainer.capacity.rows, maxContext(config));
    const watched = 'examples' in of ? null : watchedOf(of, { validation, tokenizer: model.tokenizer, config, most });
    const batches = watched
      ? [watched.batch]
      : firstBatches(validation, 'examples' in of ? Math.min(of.examples, RANKED_EXAMPLES) : 0, train.batchSize);
    if (batches.every(({ targets }) => targets.every((t) => t < 0)))
      throw new TrainError(message('train.attribution.noTargets'));
    const tau = (await trained.method.thresholds()) ?? new Float32Array(adapter.modules.length);
    const worths = await twin.attribution(batches, { points, tau, each });
    const [{ loss: base }, { loss: adapted }] = await trainer.evaluate([null, run.id], batches);
    const byModule = new Float64Array(adapter.modules.length);
    for (const worth of worths) {
      const tokens = worth.length / byModule.length;
      worth.forEach((w, i) => (byModule[Math.floor(i / tokens)] += w));
    }
    return {
      modules: adapter.modules.map(({ layer, kind }) => ({ layer, kind })),
      byModule,
      base,
      adapted,
      examples: batches.reduce((n, { starts }) => n + starts.length - 1, 0),
      points,
      text: watched && (await shown(watched, twin, { worth: worths[0], model })),
    };
  } finally {
    twin.free();
  }
}

/** A text with its gates, as they are at the end of the way. */
async function shown(
  { batch: { ids, patches }, picture }: Watched,
  { trainer, run }: Twin,
  { worth, model }: { worth: Float64Array; model: OpenModel },
): Promise<TextWorth> {
  const { active, ratio } = await trainer.measurements.gateMap(run.id, ids, patches);
  return {
    tokens: model.tokenizer.pieces(ids),
    ...(picture && { picture }),
    worth: Float32Array.from(worth),
    ratio,
    active,
  };
}
