/** What every kernel test needs: one device for all files, tensors from arrays, and running ops once. */
import { Rng } from '../../shared/rng';
import type { BufferScope, Tensor } from '../gpu/buffers';
import { type Gpu, openGpu } from '../gpu/device';
import { type PassKind, packDims } from '../gpu/dims';
import { type Counts, type Op, Program, type RowCount } from '../gpu/program';
import { readTensor } from '../gpu/readback';

let opened: Promise<Gpu> | null = null;

/** The device of the tests. Fails, never skips, when there is no adapter. */
export function testGpu(): Promise<Gpu> {
  opened ??= openGpu();
  return opened;
}

/** Uniform numbers in [−1, 1), seeded. */
export function randomFloats(length: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const rng = new Rng(seed);
  return Float32Array.from({ length }, () => scale * rng.uniform(-1, 1));
}

/** A uniform `Dims` for `rows` rows (of each of `segments`, `stride` rows apart) and its host-side twin. */
export function rowCount(scope: BufferScope, rows: number, extra: { supervised?: number; lossScale?: number; tokens?: number; segments?: number; stride?: number; dropoutKey?: number; kind?: PassKind; draw?: number; micro?: number; first?: number } = {}): RowCount {
  const segments = extra.segments ?? 1;
  const bytes = packDims({ ...extra, rows, supervised: extra.supervised ?? 0, lossScale: extra.lossScale ?? 1, tokens: extra.tokens ?? rows, segments, stride: extra.stride ?? rows });
  return { dims: scope.upload('dims', new Uint8Array(bytes), GPUBufferUsage.UNIFORM), of: () => rows * segments };
}

/** Compiles and runs `ops` once. */
export async function runOps(gpu: Gpu, ops: Op[], counts: Counts = { rows: 0, supervised: 0, segments: 1 }): Promise<void> {
  const scope = gpu.buffers.scope('test program');
  const program = await new Program(gpu, scope, 'test', ops).compile();
  const encoder = gpu.device.createCommandEncoder();
  program.encode(encoder, counts);
  gpu.device.queue.submit([encoder.finish()]);
  await gpu.device.queue.onSubmittedWorkDone();
  scope.free();
  const error = gpu.error();
  if (error) throw error;
}

/** The first `length` floats of a tensor. */
export async function floats(gpu: Gpu, tensor: Tensor, length: number): Promise<Float32Array> {
  return new Float32Array(await readTensor(gpu, tensor)).slice(0, length);
}

/** The first `length` unsigned integers of a tensor. */
export async function uints(gpu: Gpu, tensor: Tensor, length: number): Promise<Uint32Array> {
  return new Uint32Array(await readTensor(gpu, tensor)).slice(0, length);
}
