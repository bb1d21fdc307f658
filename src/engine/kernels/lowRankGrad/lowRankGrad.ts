import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import { type Device, hasQuads } from '../../device/device';
import type { Dispatch } from '../../device/program';
import { type Rows, isActive, rowsBinding, rowsSnippets } from '../rows/rows';
import { MAX_CHUNKS, chunkRule, chunksOf, mayCut } from './chunks';
import chunksWgsl from './lowRankChunks.wgsl?raw';
import { lowRankGradCpu } from './lowRankGrad.cpu';
import putAlone from './putAlone.wgsl?raw';
import putChunk from './putChunk.wgsl?raw';
import shape from './shape.wgsl?raw';
import toldOwn from './toldOwn.wgsl?raw';
import toldQuad from './toldQuad.wgsl?raw';
import sumWgsl from './lowRankSum.wgsl?raw';

const SUM_THREADS = 64;

/** Shape of a module. */
export interface GradShape {
  dOut: number;
  dIn: number;
  rank: number;
}

/** Bytes of `partial` for a module; one workspace, as large as the largest needs, serves all. */
export const lowRankPartialBytes = ({ dOut, dIn, rank }: GradShape): number => MAX_CHUNKS * (dOut + dIn) * rank * 4;

/**
 * vec4 of r that a thread makes, threads of a workgroup, and how many of them share what they fetch. Measured on a
 * software adapter; a GPU wants many threads.
 */
function tileOf(device: Device, rank: number) {
  if (!device.info.software) return { rQuads: 1, threads: 32, shared: 1 };
  const quad = hasQuads(device);
  return { rQuads: rank % 8 === 0 ? 2 : 1, threads: quad ? 4 : 8, shared: quad ? 4 : 1 };
}

/** Workgroups: of one chunk, those that make dB and then dA (y of the first dispatch), and of the sums (x of the second). */
function lowRankGroups(device: Device, { dOut, dIn, rank }: GradShape) {
  const { rQuads, threads, shared } = tileOf(device, rank);
  const groups = (wide: number) => Math.ceil((shared * Math.ceil(wide / 8 / shared) * rank) / (4 * rQuads) / threads);
  return { groupsB: groups(dOut), gradGroups: groups(dOut) + groups(dIn), sumGroups: Math.ceil(((dOut + dIn) * rank) / 4 / SUM_THREADS) };
}

export interface LowRankGradParams extends GradShape {
  /** g [rows, dOut] */
  gradOut: Tensor;
  /** A x [rows, rank] */
  z: Tensor;
  /** [rows, dIn] */
  x: Tensor;
  /** Bᵀg [rows, rank] */
  u: Tensor;
  /** Workspace, `lowRankPartialBytes`. */
  partial: Tensor;
  /** dB [dOut, rank]; added to. */
  gradB: Tensor;
  /** dA [rank, dIn]; added to. A part of the same buffer as dB. */
  gradA: Tensor;
  /** alpha / rank. */
  scaling: number;
  /** All rows, or the open ones only. */
  rows: Rows;
}

/** gradB += scaling · Σ_rows g zᵀ and gradA += scaling · Σ_rows u xᵀ, over all rows or the open ones. */
export function lowRankGrad(device: Device, p: LowRankGradParams): Dispatch[] {
  const { rows } = p;
  const open = isActive(rows);
  const { rQuads, threads, shared } = tileOf(device, p.rank);
  const { groupsB, gradGroups, sumGroups } = lowRankGroups(device, p);
  const cut = mayCut(device, rows.max);
  const rule = chunkRule(device);
  const grads = p.gradA.through(p.gradB);
  const snippets = [...rowsSnippets(rows), rule.wgsl, shape];
  const values = new ArrayBuffer(32);
  new Uint32Array(values).set([p.dOut / 4, p.dIn / 4, p.rank / 4, 0, groupsB, (p.gradA.offset - grads.offset) / 16, (p.gradB.offset - grads.offset) / 16]);
  new Float32Array(values)[3] = p.scaling;
  const macs = open ? {} : { macs: (counts: Parameters<typeof rows.of>[0]) => rows.of(counts) * (p.dOut + p.dIn) * p.rank };
  const sums: Dispatch = {
    kernel: { label: `dA, dB sums${open ? ' of open rows' : ''}`, code: compose(sumWgsl, { snippets }), constants: { THREADS: SUM_THREADS, ...rule.constants } },
    bindings: [rowsBinding(rows), p.partial, grads],
    values,
    groups: (counts) => [chunksOf(device, rows.of(counts)) > 1 ? sumGroups : 0, 1, 1],
    cpu: null,
  };
  return [
    {
      kernel: {
        label: `dA, dB${open ? ' of open rows' : ''}`,
        code: compose(chunksWgsl, {
          enables: shared > 1 ? ['subgroups'] : [],
          consts: { R_QUADS: rQuads },
          snippets: [...snippets, shared > 1 ? toldQuad : toldOwn, cut ? putChunk : putAlone],
        }),
        constants: { THREADS: threads, ...rule.constants },
      },
      bindings: [rowsBinding(rows), p.gradOut, p.z, p.x, p.u, grads, ...(cut ? [p.partial] : [])],
      values,
      groups: (counts) => [chunksOf(device, rows.of(counts)), gradGroups, 1],
      ...macs,
      cpu: lowRankGradCpu(p),
    },
    ...(cut ? [sums] : []),
  ];
}
