/**
 * How an experiment is laid out in memory: which layouts fit, what they take, and a trainer in the first that there is
 * room for.
 */
import { hostSizes, placeOf } from '../engine/runMemory';
import { generatorSizes } from '../engine/generator';
import { total } from '../engine/model/activations';
import { adaptedModules, maxContext } from '../engine/model/modules';
import type { Layout } from '../engine/layout';
import { type MemoryLimits, fittingLayouts, fullLayout, largestTensor, planTraining } from '../engine/plan';
import { Trainer } from '../engine/trainer';
import { modelFor } from '../shared/classHead';
import type { SessionConfig } from '../shared/config';
import { ConfigError, OutOfMemoryError } from '../shared/errors';
import { message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import { bytesOfSets } from '../shared/tokenSets';
import type { DeviceInfo, PlanItem } from '../shared/types';
import { openingMemory } from '../hub/openingMemory';
import { tokenizerBytes } from '../hub/tokenizer';
import type { OpenModel } from './openModel';
import { type MemoryPlan, type RunInput, SAMPLE_TOKENS, type SessionState } from './protocol';

/** Of the CPU engine's memory, which has 32-bit addresses: what scratch and the gaps between tensors leave of 4 GiB. */
const CPU_MEMORY = 3.5 * 2 ** 30;

/**
 * Memory that training should stay under. Browsers do not tell how much there is; half of the machine's is a guess that
 * leaves room for the page and, where the GPU shares that memory, for everything else.
 */
function memoryLimits({ kind, maxBufferSize, maxBindingSize }: DeviceInfo): MemoryLimits {
  // Firefox and Safari do not say.
  const { deviceMemory = 4 } = (globalThis.navigator ?? {}) as { deviceMemory?: number };
  const half = (deviceMemory / 2) * 2 ** 30;
  return {
    budget: kind === 'cpu' ? Math.min(half, CPU_MEMORY) : half,
    binding: Math.min(maxBufferSize, maxBindingSize),
  };
}

/** A session to be planned. */
export interface Planned extends SessionConfig {
  /** Bytes of the token sets that it reads; 0 where there are none yet. */
  data: number;
  /** See `Layout`. */
  measures?: true;
}

export const planned = (
  config: SessionConfig,
  { train, validation }: Pick<RunInput, 'train' | 'validation'>,
): Planned => ({
  ...config,
  data: bytesOfSets([train, validation]),
});

/** The data worker and this one have a tokenizer each. */
const TOKENIZERS = 2;
/** The data worker has the tokens in its store, the page has the sets, and so has this worker. */
const TOKEN_COPIES = 3;

/** What a plan goes by of a model. */
interface PlannedModel extends Pick<OpenModel, 'tokenizer' | 'info'> {
  base: Pick<OpenModel['base'], 'config' | 'bytes' | 'device'>;
}

/**
 * What a session has beside its trainer: answers of all runs and the base as it samples them, to prompts as long as an
 * example; and on the host what runs go back to, what a checkpoint holds, which the keep worker has while it writes it,
 * and what data and texts are read with.
 */
function planBeside(
  { base: { config }, tokenizer }: PlannedModel,
  { train, runs, data }: Planned,
  layout: Layout,
): PlanItem[] {
  const host = runs.map((run) => hostSizes(config, run, placeOf(run, runs, train, layout)));
  const sum = (of: (sizes: (typeof host)[number]) => number) => host.reduce((bytes, sizes) => bytes + of(sizes), 0);
  const answering = [null, ...runs.map((run) => ({ modules: adaptedModules(config, run), config: run }))];
  const samples = tellsClasses(config)
    ? []
    : [generatorSizes(config, answering, train.maxSequenceLength + SAMPLE_TOKENS)];
  return [
    ...samples.map((sizes): PlanItem => ({ part: 'samples', bytes: total(sizes) })),
    { part: 'points', bytes: sum(({ point }) => point) },
    { part: 'checkpoint', bytes: sum(({ state }) => state) },
    { part: 'tokens', bytes: TOKEN_COPIES * data },
    { part: 'tokenizer', bytes: TOKENIZERS * tokenizerBytes(tokenizer) },
  ];
}

const bytesOf = (items: readonly PlanItem[]): number => items.reduce((sum, { bytes }) => sum + bytes, 0);

/** @param salts of the layout that a session had before */
function layoutsOf(model: PlannedModel, planned: Planned, salts?: Layout['salts']): Layout[] {
  const { base } = model;
  const { train, runs, measures } = planned;
  const context = maxContext(base.config);
  if (train.maxSequenceLength > context)
    throw new ConfigError(message('train.session.context', { tokens: train.maxSequenceLength, most: context }));
  const { budget, binding } = memoryLimits(base.device.info);
  // The same in every layout.
  const beside = bytesOf(planBeside(model, planned, fullLayout(base.config, runs.length, train)));
  const layouts = fittingLayouts(base.config, runs, {
    train,
    limits: { budget: budget - beside, binding },
    weightBytes: base.bytes,
    ...(measures && { measures }),
  });
  return layouts.map((layout) => ({ ...layout, ...(salts && { salts }) }));
}

/** What a session in a layout takes: the trainer, and what is beside it. */
export function planLayout(model: PlannedModel, planned: Planned, layout: Layout): MemoryPlan {
  const { base, info } = model;
  const { train, runs } = planned;
  const items = [
    ...planTraining(base.config, runs, { train, layout, weightBytes: base.bytes }),
    ...planBeside(model, planned, layout),
  ];
  const { budget, binding } = memoryLimits(base.device.info);
  const totalBytes = bytesOf(items);
  return {
    items,
    totalBytes,
    opening: openingMemory(info.file),
    limitBytes: budget,
    fits: totalBytes <= budget && largestTensor(base.config, runs, train, layout).bytes <= binding,
  };
}

/** What training would allocate. @throws {ConfigError} when the context is too long for the model. */
export function planOf({ base, tokenizer, info }: OpenModel, planned: Planned): MemoryPlan {
  const { device, bytes } = base;
  const config = modelFor(base.config, planned.train.taskType);
  const model = { base: { device, bytes, config }, tokenizer, info };
  return planLayout(model, planned, layoutsOf(model, planned)[0]);
}

/**
 * A trainer in the first layout that fits: the one it had before, if any, since another may compile other kernels;
 * where that turned out to be too large, the first that is thriftier.
 * @throws {OutOfMemoryError} when the thriftiest does not fit either
 */
export async function createTrainer(
  model: OpenModel,
  planned: Planned,
  before?: Layout,
  tooLarge = false,
): Promise<Trainer> {
  const { runs, train } = planned;
  const all = layoutsOf(model, planned, before?.salts);
  const layouts = before && tooLarge ? thriftier(all, before) : [...(before ? [before] : []), ...all];
  for (const layout of layouts.slice(0, -1)) {
    try {
      return await Trainer.create(model.base, runs, train, layout);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
    }
  }
  return Trainer.create(model.base, runs, train, layouts.at(-1)!);
}

const same = (a: Layout, b: Layout | undefined) => JSON.stringify(a) === JSON.stringify(b);

/** Whether no layout takes less memory. */
export const isThriftiest = (model: OpenModel, planned: Planned, layout: Layout): boolean =>
  same(layout, layoutsOf(model, planned, layout.salts).at(-1));

/** The layout that a saved session had: one of version 1 draws its random numbers as it began. */
export function layoutOf({ version, layout }: Pick<SessionState, 'version' | 'layout'>): Layout | undefined {
  const before = layout as Layout | null;
  return before && version === 1 ? { ...before, salts: 'version 1' } : (before ?? undefined);
}

/** What comes after `layout`; the thriftiest again where nothing does. */
function thriftier(all: readonly Layout[], layout: Layout): Layout[] {
  const at = all.findIndex((other) => same(other, layout));
  const rest = all.slice(at + 1);
  return rest.length > 0 ? rest : [all.at(-1)!];
}
