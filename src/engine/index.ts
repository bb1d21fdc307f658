/**
 * The engine's face: a batch in, loss, gradients and an updated adapter out, on a GPU or on the CPU. What is not
 * exported here is the engine's own; the benchmarks, the command line and whoever embeds the engine use nothing deeper
 * (a lint rule says so).
 *
 *   const device = await openDevice();                       // a GPU where there is one, else the CPU
 *   const base = await BaseModel.create(device, config, read);
 *   const trainer = await Trainer.create(base, runs, train, layout);
 *   const results = await trainer.step(['lora'], batches, 0);
 *   await (await Generator.create(base, [adapter], tokens)).logits(ids);
 */

// The main objects, in the order in which they are made.
export { openDevice } from './openDevice';
export { BaseModel } from './base';
export { type MemoryLimits, fittingLayouts, fullLayout, planTraining } from './plan';
export type { Layout } from './layout';
export { type StepResult, Trainer } from './trainer';
export { AdapterRun } from './adapterRun';
export type { RunState } from './runState';
export type { ModuleAdapter } from './adapters/parameters';
export { Generator } from './generator';

// One device by name, and what is found out about it.
export type { Device } from './device/device';
export { openWebGpu } from './device/webgpu/webgpu';
export { openCpuDevice } from './kernels/openCpu';
export { tuneMatmul } from './kernels/matmul/tuner';
export { matmulRate } from './matmulRate';
export { selfTest } from './selfTest';

// Of the model's architecture.
export { adaptedModules, maxContext } from './model/modules';
export { headChunkRows } from './model/batch';

// Single operations, to measure and to build on.
export { readFloats } from './device/device';
export type { BufferScope, Tensor } from './device/buffers';
export type { CpuFunction } from './device/cpu/cpu';
export { compose } from './device/compose';
export { packDims } from './device/dims';
export { type Op, Program, type RowCount } from './device/program';
export { perElement, perRow, rowThreads, snippets } from './kernels/launch';
export { type MatmulOptions, matmul } from './kernels/matmul/matmul';
export { lowRankPartialBytes } from './kernels/lowRankGrad/lowRankGrad';
export { SLOT_BYTES } from './kernels/gate/slots';
export { PROXIMAL_HYPER_BYTES, packProximalHyper, pairBytes, proximal } from './kernels/proximal/proximal';
export { sumLoss } from './kernels/sumLoss/sumLoss';
export { ADAMW_HYPER_BYTES, adamw, packAdamwHyper, ratesBytes } from './optim/adamw';
export type { AdaptedModule } from './adapters/method';
export { Lora } from './adapters/lora/lora';
export { Plain } from './adapters/plain';
