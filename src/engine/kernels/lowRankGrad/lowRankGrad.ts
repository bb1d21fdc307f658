import { compose } from '../../gpu/compose';
import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import type { Dispatch } from '../../gpu/program';
import { type Rows, isActive, rowsBinding, rowsSnippets } from '../rows/rows';
import { MAX_CHUNKS, chunkRule, chunksOf } from './chunks';
import chunksWgsl from './lowRankChunks.wgsl?raw';
import shape from './shape.wgsl?raw';
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

/** vec4 of r that a thread makes, and threads of a workgroup. Measured on a software adapter; a GPU wants many threads. */
const tileOf = (gpu: Gpu, rank: number) => (gpu.info.software
  ? { rQuads: rank % 8 === 0 ? 2 : 1, threads: 8 }
  : { rQuads: 1, threads: 32 });

/** Workgroups: of one chunk, those that make dB and then dA (y of the first dispatch), and of the sums (x of the second). */
export function lowRankGroups(gpu: Gpu, { dOut, dIn, rank }: GradShape) {
  const { rQuads, threads } = tileOf(gpu, rank);
  const groups = (wide: number) => Math.ceil((Math.ceil(wide / 8) * rank) / (4 * rQuads) / threads);
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
  /** dA [rank, dIn]; added to. */
  gradA: Tensor;
  /** alpha / rank. */
  scaling: number;
  /** All rows, or the open ones only: for them also the dispatch sizes of the sums. */
  rows: Rows;
  sums?: { indirect: Tensor; offset: number };
}

/** gradB += scaling · Σ_rows g zᵀ and gradA += scaling · Σ_rows u xᵀ, over all rows or the open ones. */
export function lowRankGrad(gpu: Gpu, p: LowRankGradParams): Dispatch[] {
  const { rows } = p;
  const open = isActive(rows);
  const { rQuads, threads } = tileOf(gpu, p.rank);
  const { groupsB, gradGroups, sumGroups } = lowRankGroups(gpu, p);
  const rule = chunkRule(gpu);
  const snippets = [...rowsSnippets(rows), rule.wgsl, shape];
  const values = new ArrayBuffer(32);
  new Uint32Array(values).set([p.dOut / 4, p.dIn / 4, p.rank / 4, 0, groupsB]);
  new Float32Array(values)[3] = p.scaling;
  const macs = open ? {} : { macs: (counts: Parameters<typeof rows.of>[0]) => rows.of(counts) * (p.dOut + p.dIn) * p.rank };
  return [
    {
      kernel: {
        label: `dA, dB${open ? ' of open rows' : ''}`,
        code: compose(chunksWgsl, { consts: { R_QUADS: rQuads }, snippets }),
        constants: { THREADS: threads, ...rule.constants },
      },
      bindings: [rowsBinding(rows), p.gradOut, p.z, p.x, p.u, p.partial, p.gradB, p.gradA],
      values,
      groups: open ? rows.args : (counts) => [chunksOf(gpu, rows.of(counts)), gradGroups, 1],
      ...macs,
    },
    {
      kernel: { label: `dA, dB sums${open ? ' of open rows' : ''}`, code: compose(sumWgsl, { snippets }), constants: { THREADS: SUM_THREADS, ...rule.constants } },
      bindings: [rowsBinding(rows), p.partial, p.gradB, p.gradA],
      values,
      groups: open ? p.sums! : (counts) => [chunksOf(gpu, rows.of(counts)) > 1 ? sumGroups : 0, 1, 1],
    },
  ];
}
