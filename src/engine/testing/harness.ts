/** What every kernel test needs: one device for all files, tensors from arrays, and running ops once. */
import { Rng } from '../../shared/rng';
import type { BufferScope, Tensor } from '../device/buffers';
import { type Device, readTensor } from '../device/device';
import { openCpuDevice } from '../kernels/openCpu';
import { openWebGpu } from '../device/webgpu/webgpu';
import { type PassKind, packDims } from '../device/dims';
import { type Counts, type Op, Program, type RowCount } from '../device/program';

let opened: Promise<Device> | null = null;

/** Whether these tests run on the CPU engine: in Node, where there is no browser. */
export const onCpu = typeof window === 'undefined';

/** The device of the tests: WebGPU in a browser, the CPU engine in Node. Fails, never skips, when there is none. */
export function testDevice(): Promise<Device> {
  opened ??= onCpu ? openCpuDevice({ threads: 1 }) : openWebGpu();
  return opened;
}

/** How many buffers the device of the tests holds; none before it was asked for. */
export const liveBuffers = async (): Promise<number> => (opened ? (await opened).buffers.live().buffers : 0);

/** Uniform numbers in [−1, 1), seeded. */
export function randomFloats(length: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const rng = new Rng(seed);
  return Float32Array.from({ length }, () => scale * rng.uniform(-1, 1));
}

/** A uniform `Dims` for `rows` rows (of each of `segments`, `stride` rows apart) and its host-side twin. */
export function rowCount(
  scope: BufferScope,
  rows: number,
  extra: {
    supervised?: number;
    lossScale?: number;
    tokens?: number;
    segments?: number;
    stride?: number;
    dropoutKey?: number;
    kind?: PassKind;
    draw?: number;
    of?: number;
    first?: number;
    before?: number;
    whole?: number;
  } = {},
): RowCount {
  const segments = extra.segments ?? 1;
  const bytes = packDims({
    ...extra,
    rows,
    supervised: extra.supervised ?? 0,
    lossScale: extra.lossScale ?? 1,
    tokens: extra.tokens ?? rows,
    segments,
    stride: extra.stride ?? rows,
  });
  return { dims: scope.upload('dims', new Uint8Array(bytes), 'uniform'), of: () => rows * segments };
}

/** Compiles and runs `ops` once. */
export async function runOps(
  device: Device,
  ops: Op[],
  counts: Counts = { rows: 0, supervised: 0, segments: 1 },
): Promise<void> {
  const scope = device.buffers.scope('test program');
  const program = await new Program(device, scope, 'test', ops).compile();
  device.submit('test', (commands) => program.encode(commands, counts));
  await device.done();
  scope.free();
  const error = device.error();
  if (error) throw error;
}

/** The first `length` floats of a tensor. */
export async function floats(device: Device, tensor: Tensor, length: number): Promise<Float32Array> {
  return new Float32Array(await readTensor(device, tensor)).slice(0, length);
}

/** The first `length` unsigned integers of a tensor. */
export async function uints(device: Device, tensor: Tensor, length: number): Promise<Uint32Array> {
  return new Uint32Array(await readTensor(device, tensor)).slice(0, length);
}
