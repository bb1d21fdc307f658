/**
 * The memory plan: how many runs share a pass, whether the backward recomputes layers, and what that allocates, in
 * bytes per item, from the same size functions that the allocation uses. Nothing is allocated here.
 */
import type { RunConfig, TrainConfig } from '../shared/config';
import { type ModelDescription, patchValues } from '../shared/model';
import type { PlanItem } from '../shared/types';
import { placeOf, runSizes } from './runMemory';
import type { Layout } from './layout';
import { type Sizes, flatSizes, gradSizes, inputSizes, layerSizes, topSizes, total } from './model/activations';
import { type Capacity, batchSizes, headChunkRows, targetStride } from './model/batch';
import { adaptedModules } from './model/modules';
import { activationNeeds, activationSizes } from './model/adapterActivations';

/** What the planner goes by. */
export interface MemoryLimits {
  /** Bytes that all of training should stay under; more is tried only when nothing less is possible. */
  budget: number;
  /** Bytes of one buffer. */
  binding: number;
}

/** What so many sequences take in a pass. */
function sequencesOf(c: ModelDescription, sequences: number, length: number): Omit<Capacity, 'segments'> {
  const rows = sequences * length;
  // A sequence has one class, or a target for every token but its first.
  if (c.head.kind === 'classes')
    return {
      rows,
      supervised: sequences,
      headChunk: targetStride({ supervised: sequences }),
      ownHeads: true,
      ...(c.embedding.patches && { patchValues: patchValues(c.embedding.patches) }),
    };
  return { rows, supervised: sequences * (length - 1), headChunk: headChunkRows(c.vocab) };
}

/** All segments, all activations. */
export function fullLayout(c: ModelDescription, runs: number, train: TrainConfig): Layout {
  const { batchSize, maxSequenceLength, gradientAccumulationSteps } = train;
  return {
    capacity: { ...sequencesOf(c, batchSize, maxSequenceLength), segments: Math.max(1, runs) },
    microBatches: gradientAccumulationSteps,
    recompute: false,
  };
}

/**
 * From the fastest layout to the thriftiest: fewer runs in a pass first, then recomputed layers, which gives the same
 * bits; then batches in halves, quarters …, whose gradients are added up in another order.
 */
function layouts(c: ModelDescription, runs: number, train: TrainConfig, measures?: true): Layout[] {
  const full: Layout = { ...fullLayout(c, runs, train), ...(measures && { measures }) };
  // In p passes, as few runs in each as that takes.
  const segments = new Set(
    Array.from({ length: full.capacity.segments }, (_, i) => Math.ceil(full.capacity.segments / (i + 1))),
  );
  const whole = [false, true].flatMap((recompute) =>
    [...segments].map((n): Layout => ({ ...full, recompute, capacity: { ...full.capacity, segments: n } })),
  );
  return [...whole, ...halves(train.batchSize).map((split): Layout => splitLayout(c, whole.at(-1)!, train, split))];
}

/** 2, 4, … and at last every sequence alone. */
function halves(batchSize: number): number[] {
  const out: number[] = [];
  for (let split = 2; split < 2 * batchSize; split *= 2) out.push(Math.min(split, batchSize));
  return out;
}

function splitLayout(
  c: ModelDescription,
  layout: Layout,
  { batchSize, maxSequenceLength, gradientAccumulationSteps }: TrainConfig,
  split: number,
): Layout {
  const sequences = Math.ceil(batchSize / split);
  return {
    ...layout,
    split,
    microBatches: gradientAccumulationSteps * split,
    capacity: { ...layout.capacity, ...sequencesOf(c, sequences, maxSequenceLength) },
  };
}

function sizesOf(c: ModelDescription, runs: readonly RunConfig[], { capacity, microBatches, recompute }: Layout) {
  const needs = activationNeeds(
    runs.map((r) => ({ modules: adaptedModules(c, r), config: r })),
    recompute ? 'layers' : 'none',
  );
  const layer = layerSizes(c, capacity);
  return {
    layers: { times: recompute ? 1 : c.layers.length, sizes: layer },
    inputs: { times: c.layers.length, sizes: inputSizes(c, capacity) },
    top: { times: 1, sizes: topSizes(c, capacity) },
    grads: { times: 1, sizes: gradSizes(c, capacity) },
    spaces: { times: 1, sizes: activationSizes(c, capacity, needs) },
    batch: { times: 1, sizes: batchSizes(capacity, microBatches) },
  };
}

type OfRun = Pick<TrainConfig, 'loadBestCheckpoint' | 'steps'>;

const sizesOfRun = (
  c: ModelDescription,
  run: RunConfig,
  { runs, train, layout }: { runs: readonly RunConfig[]; train: OfRun; layout: Layout },
) => runSizes(c, run, placeOf(run, runs, train, layout));

/** Items of the plan for training `runs` on a base with weights of `weightBytes`. */
export function planTraining(
  c: ModelDescription,
  runs: readonly RunConfig[],
  { train, layout, weightBytes }: { train: OfRun; layout: Layout; weightBytes: number },
): PlanItem[] {
  const s = sizesOf(c, runs, layout);
  const bytes = (item: { times: number; sizes: Sizes }) => item.times * total(item.sizes);
  return [
    { part: 'weights', bytes: weightBytes },
    // Kept whole, or the layers' inputs and one layer's.
    { part: layout.recompute ? 'inputs' : 'activations', bytes: bytes(s.layers) + bytes(s.inputs) },
    { part: 'head', bytes: bytes(s.top) },
    { part: 'gradients', bytes: bytes(s.grads) },
    { part: 'scratch', bytes: bytes(s.spaces) },
    { part: 'batch', bytes: bytes(s.batch) },
    ...runs.map(
      (r): PlanItem => ({ part: 'run', name: r.name, bytes: total(sizesOfRun(c, r, { runs, train, layout })) }),
    ),
  ];
}

/** Largest single tensor of a layout, with its name. */
export function largestTensor(
  c: ModelDescription,
  runs: readonly RunConfig[],
  train: OfRun,
  layout: Layout,
): { name: string; bytes: number } {
  const all = [
    ...Object.values(sizesOf(c, runs, layout)).map((s) => s.sizes),
    ...runs.map((r) => sizesOfRun(c, r, { runs, train, layout })),
  ].flatMap((sizes) => flatSizes(sizes));
  return all.reduce((a, b) => (b.bytes > a.bytes ? b : a));
}

/**
 * The layouts worth trying, in order: those within the limits, fastest first; the thriftiest when none is.
 * @param of `measures`: see `Layout`
 */
export function fittingLayouts(
  c: ModelDescription,
  runs: readonly RunConfig[],
  of: { train: TrainConfig; limits: MemoryLimits; weightBytes: number; measures?: true },
): Layout[] {
  const { train, limits, weightBytes, measures } = of;
  const all = layouts(c, runs.length, train, measures);
  const fits = all.filter(
    (layout) =>
      planTraining(c, runs, { train, layout, weightBytes }).reduce((sum, i) => sum + i.bytes, 0) <= limits.budget &&
      largestTensor(c, runs, train, layout).bytes <= limits.binding,
  );
  return fits.length > 0 ? fits : [all.at(-1)!];
}
