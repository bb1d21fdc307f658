/**
 * Causal grouped-query attention over ragged rows. `meta` u32 [rows, 4] holds per row {keyStart, position,
 * sequenceEnd, 0}: the first key row of its sequence (training: the sequence's first row; decoding: its slot in
 * the cache), its index in the sequence, and (training) one past the last row of its sequence. It attends to key
 * rows keyStart … keyStart + position. No scores are kept: the backward makes them again from the log-sum-exp, once
 * for the queries' gradients and once for the keys', since WGSL has no float atomics.
 */
import { ENGINE_LIMITS } from '../../../shared/engineLimits';
import { GpuError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { attentionCpu, attentionDeltaCpu, attentionGradCpu } from './attention.cpu';
import forward from './attention.wgsl?raw';
import deltaPass from './attentionDelta.wgsl?raw';
import gradient from './attentionGrad.wgsl?raw';
import { type OwnRows, THREADS, cuts, ownRows } from './cut';
import ofKeys from './gradOfKeys.wgsl?raw';
import ofQueries from './gradOfQueries.wgsl?raw';
import plain from './plain.wgsl?raw';
import plainForward from './plainForward.wgsl?raw';
import plainOfKeys from './plainOfKeys.wgsl?raw';
import plainOfQueries from './plainOfQueries.wgsl?raw';
import team from './team.wgsl?raw';
import unroll from './unroll.wgsl?raw';

/** The variant whose threads share what they load (team.wgsl); where a device has it blocked, each works for itself. */
export const FLASH = 'flash';

/** The head layout: `heads` query heads of `headDim`, `kvHeads` key and value heads shared evenly among them. */
export interface Heads {
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Query or key vectors that a thread owns, where not as many as suit the kernel. */
  ownRows?: OwnRows;
}

interface Pass {
  label: string;
  wgsl: string[];
  /** The plain form, behind plain.wgsl. */
  plain: string;
  bindings: Tensor[];
  /** Threads own keys and meet queries, not the other way round. */
  ofKeys: boolean;
  /** Vectors of a head that a thread keeps for each row, and products it makes of each pair. */
  arrays: number;
  products: number;
  cpu: CpuFunction | null;
}

/** A pass in the frame of team.wgsl or plain.wgsl, as one dispatch or, where it could take long, several over ranges of rows. */
function pass(
  device: Device,
  rows: RowCount,
  p: Heads,
  { label, wgsl, plain: plainWgsl, bindings, ofKeys: keys, arrays, products, cpu }: Pass,
): Dispatch[] {
  const { heads, kvHeads, headDim } = p;
  if (heads % kvHeads !== 0) throw new GpuError(message('engine.model.heads', { heads, kvHeads }));
  const hd4 = quads(headDim, 'head');
  if (headDim > ENGINE_LIMITS.headDim)
    throw new GpuError(message('engine.model.headSize', { size: headDim, most: ENGINE_LIMITS.headDim }));
  const [own, stream] = keys ? [1, heads / kvHeads] : [heads / kvHeads, 1];
  const ofThread = p.ownRows ?? ownRows(rows, headDim, arrays, own);
  const all = [rows.dims, ...bindings];
  const isPlain = device.blocked.has(FLASH);
  const shape = { KV_HEADS: kvHeads, HD4: hd4, PART: all.length };
  const kernel = {
    label,
    code: isPlain
      ? compose(plainWgsl, { consts: { ...shape, HEADS: heads }, snippets: [snippets.rows, plain] })
      : compose(wgsl.join('\n'), {
          consts: { ...shape, OWN: own, STREAM: stream, ROWS: ofThread },
          snippets: [snippets.rows, team, unroll],
        }),
    constants: { SCALE: 1 / Math.sqrt(headDim), THREADS },
    variants: isPlain ? [] : [FLASH],
  };
  const rowsPerGroup = isPlain ? THREADS / (keys ? kvHeads : heads) : (THREADS * ofThread) / own;
  const firsts = cuts(device, rows.max ?? 0, { rowsPerGroup, macsPerPair: heads * headDim * products, falling: keys });
  return firsts.map((first, i) => ({
    kernel,
    bindings: all,
    values: Uint32Array.of(first, 0, 0, 0).buffer,
    groups: (counts) => [
      Math.max(0, Math.min(Math.ceil(rows.of(counts) / rowsPerGroup), firsts[i + 1] ?? Infinity) - first),
      isPlain ? 1 : kvHeads,
      1,
    ],
    // Of the whole pass; its first part speaks for all.
    macs: ({ pairs = 0, segments }) => (i === 0 ? pairs * segments * heads * headDim * products : 0),
    cpu: i === 0 ? cpu : null,
  }));
}

/**
 * Attention of `q` [rows, heads·headDim] over `k`, `v` [keyRows, kvHeads·headDim] into `out` (as q), with the
 * log-sum-exp of every row and head in `lse` [rows, heads]. Scores are scaled by 1/√headDim. Overwrites.
 * @throws {GpuError} when headDim is no multiple of 4 or past ENGINE_LIMITS, or the heads cannot be shared evenly.
 */
export function attention(
  device: Device,
  p: { rows: RowCount; meta: Tensor; q: Tensor; k: Tensor; v: Tensor; out: Tensor; lse: Tensor } & Heads,
): Dispatch[] {
  return pass(device, p.rows, p, {
    label: 'attention',
    wgsl: [forward],
    plain: plainForward,
    bindings: [p.meta, p.q, p.k, p.v, p.out, p.lse],
    ofKeys: false,
    arrays: 2,
    products: 2,
    cpu: attentionCpu(p),
  });
}

/**
 * Gradients of `attention` in the training layout (keys are the rows themselves). `stats` is workspace of
 * [rows, heads, 2]: {lse, D} with D = Σ gradOut·out per head, in one tensor so that no pass needs more than the
 * eight storage buffers every adapter has. `gradQ` as q, `gradK` and `gradV` as k; overwrites all.
 */
export function attentionBackward(
  device: Device,
  p: {
    rows: RowCount;
    meta: Tensor;
    q: Tensor;
    k: Tensor;
    v: Tensor;
    out: Tensor;
    lse: Tensor;
    gradOut: Tensor;
    stats: Tensor;
    gradQ: Tensor;
    gradK: Tensor;
    gradV: Tensor;
  } & Heads,
): Dispatch[] {
  const { rows, meta, q, k, v, gradOut, stats } = p;
  return [
    {
      kernel: {
        label: 'attentionDelta',
        code: compose(deltaPass, { snippets: [snippets.rows] }),
        constants: { HEADS: p.heads, HD4: quads(p.headDim, 'head') },
      },
      bindings: [rows.dims, p.out, gradOut, p.lse, stats],
      groups: perElement(rows, p.heads),
      cpu: attentionDeltaCpu(p),
    },
    ...pass(device, rows, p, {
      label: 'attentionGradQ',
      wgsl: [ofQueries, gradient],
      plain: plainOfQueries,
      bindings: [meta, q, gradOut, k, v, stats, p.gradQ],
      ofKeys: false,
      arrays: 3,
      products: 3,
      cpu: null,
    }),
    ...pass(device, rows, p, {
      label: 'attentionGradKV',
      wgsl: [ofKeys, gradient],
      plain: plainOfKeys,
      bindings: [meta, k, v, q, gradOut, stats, p.gradK, p.gradV],
      ofKeys: true,
      arrays: 4,
      products: 4,
      cpu: attentionGradCpu(device.info.threads ?? 1, p),
    }),
  ];
}
