/** How an experiment is laid out in memory: which layouts fit, what they take, and a trainer in the first that there is room for. */
import { maxContext } from '../engine/model/modules';
import type { Layout } from '../engine/layout';
import { type MemoryLimits, fittingLayouts, largestTensor, planTraining } from '../engine/plan';
import { Trainer } from '../engine/trainer';
import type { SessionConfig } from '../shared/config';
import { ConfigError, OutOfMemoryError } from '../shared/errors';
import { message } from '../shared/message';
import type { DeviceInfo } from '../shared/types';
import type { OpenModel } from './openModel';
import type { MemoryPlan, SessionState } from './protocol';

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

/** @param salts of the layout that a session had before */
function layoutsOf({ base }: OpenModel, { train, runs }: SessionConfig, salts?: Layout['salts']): Layout[] {
  const context = maxContext(base.config);
  if (train.maxSequenceLength > context)
    throw new ConfigError(message('train.session.context', { tokens: train.maxSequenceLength, most: context }));
  const layouts = fittingLayouts(base.config, runs, {
    train,
    limits: memoryLimits(base.device.info),
    weightBytes: base.bytes,
  });
  return layouts.map((layout) => ({ ...layout, ...(salts && { salts }) }));
}

/** What a layout of it allocates, beside what there is. */
export function planLayout({ base }: OpenModel, config: SessionConfig, layout: Layout): MemoryPlan {
  const items = planTraining(base.config, config.runs, {
    train: config.train,
    layout,
    weightBytes: base.bytes,
  });
  const { budget, binding } = memoryLimits(base.device.info);
  const totalBytes = items.reduce((sum, i) => sum + i.bytes, 0);
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
