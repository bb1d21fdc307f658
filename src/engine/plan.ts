/**
 * The memory plan: what training will allocate, in bytes per item, from the same size functions that the
 * allocation uses. Nothing is allocated here.
 */
import type { RunConfig } from '../shared/config';
import type { LlamaConfig, PlanItem } from '../shared/types';
import { runSizes } from './adapterRun';
import { gradSizes, layerSizes, topSizes, total } from './model/activations';
import { type Capacity, batchSizes } from './model/batch';
import { adaptedModules, maxContext, weightBytes } from './model/llama';
import { spaceNeeds, spaceSizes } from './model/spaces';

/** Items of the plan for training `runs` with micro-batches of at most `capacity`. */
export function planTraining(c: LlamaConfig, runs: readonly RunConfig[], capacity: Capacity): PlanItem[] {
  const needs = spaceNeeds(runs.map((r) => ({ modules: adaptedModules(c, r.modules), rPad: Math.ceil(r.rank / 4) * 4 })));
  return [
    { label: 'Frozen weights (one copy for all runs)', bytes: weightBytes(c) + 4 * maxContext(c) * c.headDim },
    { label: 'Activations kept for the backward pass', bytes: c.layers * total(layerSizes(c, capacity)) },
    { label: 'Head and loss', bytes: total(topSizes(c, capacity)) },
    { label: 'Gradients on their way down', bytes: total(gradSizes(c, capacity)) },
    { label: 'Gates, lists and low-rank scratch', bytes: total(spaceSizes(c, capacity, needs)) },
    { label: 'Batch', bytes: total(batchSizes(capacity)) },
    ...runs.map((r) => ({ label: `${r.name}: A, B, gradients, moments`, bytes: total(runSizes(c, r)) })),
  ];
}
