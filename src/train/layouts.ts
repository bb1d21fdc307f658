/** How an experiment is laid out in memory: which layouts fit, what they take, and a trainer in the first that there is room for. */
import { hostSizes, placeOf } from '../engine/adapterRun';
import { generatorSizes } from '../engine/generator';
import { total } from '../engine/model/activations';
import { adaptedModules, maxContext } from '../engine/model/modules';
import type { Layout } from '../engine/layout';
import { type MemoryLimits, fittingLayouts, fullLayout, largestTensor, planTraining } from '../engine/plan';
import { Trainer } from '../engine/trainer';
import type { SessionConfig } from '../shared/config';
import { ConfigError, OutOfMemoryError } from '../shared/errors';
import { message } from '../shared/message';
import { type ModelDescription, tellsClasses } from '../shared/model';
import type { DeviceInfo, PlanItem } from '../shared/types';
import type { OpenModel } from './openModel';
import { type MemoryPlan, SAMPLE_TOKENS, type SessionState } from './protocol';

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

/**
 * What a session has beside its trainer: answers of all runs and the base as it samples them, to prompts as long as an example;
 * and on the host what runs go back to and what a checkpoint holds, which the keep worker has while it writes it.
 */
function planBeside(config: ModelDescription, { train, runs }: SessionConfig, layout: Layout): PlanItem[] {
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
  ];
}

const bytesOf = (items: readonly PlanItem[]): number => items.reduce((sum, { bytes }) => sum + bytes, 0);

/** @param salts of the layout that a session had before */
function layoutsOf({ base }: OpenModel, config: SessionConfig, salts?: Layout['salts']): Layout[] {
  const { train, runs } = config;
  const context = maxContext(base.config);
  if (train.maxSequenceLength > context)
    throw new ConfigError(message('train.session.context', { tokens: train.maxSequenceLength, most: context }));
  const { budget, binding } = memoryLimits(base.device.info);
  // The same in every layout.
  const beside = bytesOf(planBeside(base.config, config, fullLayout(base.config, runs.length, train)));
  const layouts = fittingLayouts(base.config, runs, {
    train,
    limits: { budget: budget - beside, binding },
    weightBytes: base.bytes,
  });
  return layouts.map((layout) => ({ ...layout, ...(salts && { salts }) }));
}

/** What a session in a layout takes: the trainer, and what is beside it. */
export function planLayout({ base }: OpenModel, config: SessionConfig, layout: Layout): MemoryPlan {
  const items = [
    ...planTraining(base.config, config.runs, { train: config.train, layout, weightBytes: base.bytes }),
    ...planBeside(base.config, config, layout),
  ];
  const { budget, binding } = memoryLimits(base.device.info);
  const totalBytes = bytesOf(items);
  return {
    items,
    totalBytes,
    limitBytes: budget,
    fits: totalBytes <= budget && largestTensor(base.config, config.runs, config.train, layout).bytes <= binding,
  };
}

/** What training would allocate. @throws {ConfigError} when the context is too long for the model. */
export function planOf(model: OpenModel, config: SessionConfig): MemoryPlan {
  return planLayout(model, config, layoutsOf(model, config)[0]);
}

/**
 * A trainer in the first layout that fits: the one it had before, if any, since another may compile other kernels; where
 * that turned out to be too large, the first that is thriftier.
 * @throws {OutOfMemoryError} when the thriftiest does not fit either
 */
export async function createTrainer(
  model: OpenModel,
  config: SessionConfig,
  before?: Layout,
  tooLarge = false,
): Promise<Trainer> {
  const all = layoutsOf(model, config, before?.salts);
  const layouts = before && tooLarge ? thriftier(all, before) : [...(before ? [before] : []), ...all];
  for (const layout of layouts.slice(0, -1)) {
    try {
      return await Trainer.create(model.base, config.runs, config.train, layout);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
    }
  }
  return Trainer.create(model.base, config.runs, config.train, layouts.at(-1)!);
}

const same = (a: Layout, b: Layout | undefined) => JSON.stringify(a) === JSON.stringify(b);

/** Whether no layout takes less memory. */
export const isThriftiest = (model: OpenModel, config: SessionConfig, layout: Layout): boolean =>
  same(layout, layoutsOf(model, config, layout.salts).at(-1));

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
