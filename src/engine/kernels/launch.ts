/** How kernels spread their work over workgroups. */
import { GpuError } from '../../shared/errors';
import { message } from '../../shared/message';
import dimsWgsl from '../device/dims.wgsl?raw';
import denseWgsl from './rows/dense.wgsl?raw';
import type { Device } from '../device/device';
import type { Counts, Groups, RowCount } from '../device/program';
import rowReduce from './rowReduce.wgsl?raw';

/** Workgroups allowed along one dimension (WebGPU's default limit). */
const MAX_GROUPS = 65535;
/** Threads of a workgroup in kernels that work element by element. */
export const THREADS = 64;

/**
 * `count` workgroups as x·y. There may be up to y − 1 too many, so shaders guard their index, which is
 * `workgroup_id.x + workgroup_id.y * num_workgroups.x`.
 */
export function spread(count: number): Groups {
  if (count <= MAX_GROUPS) return [count, 1, 1];
  const y = Math.ceil(count / MAX_GROUPS);
  return [Math.ceil(count / y), y, 1];
}

/** `each` workgroups per row. */
export const perRow =
  (rows: RowCount, each = 1) =>
  (counts: Counts): Groups =>
    spread(each * rows.of(counts));

/** One thread per element, `perRow` elements in a row, `THREADS` threads a workgroup. */
export const perElement =
  (rows: RowCount, elements: number) =>
  (counts: Counts): Groups =>
    spread(Math.ceil((rows.of(counts) * elements) / THREADS));

/**
 * Threads of a workgroup that add something up together: `most` on a GPU, which wants the work spread out. A software
 * adapter runs 4 lanes at once and pays dearly for barriers across them.
 */
export const sharing = ({ info }: Pick<Device, 'info'>, most: number): number => (info.software ? 4 : most);
/** The same, for a row. */
export const rowThreads = (device: Pick<Device, 'info'>): number => sharing(device, 64);

/** A width in vec4 units. @throws {GpuError} when it is no multiple of 4. */
export function quads(width: number, what: 'head' | 'row' | 'hidden' | 'ffn' | 'logits' | 'module'): number {
  if (width % 4 !== 0) throw new GpuError(message('engine.model.quads', { what, width }));
  return width / 4;
}

/** Snippets by name, so that every kernel composes the same text. `rows` binds `dims` and says which rows there are. */
export const snippets = { dims: dimsWgsl, rows: `${dimsWgsl}\n${denseWgsl}`, rowReduce };
