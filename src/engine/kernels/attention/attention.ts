/**
 * Grouped-query attention over ragged rows. `meta` u32 [rows, 4] holds per row {keyStart, position,
 * sequenceEnd, 0}: the first key row of its sequence (training: the sequence's first row; decoding: its slot in
 * the cache), its index in the sequence, and (training) one past the last row of its sequence. It attends to key
 * rows keyStart … keyStart + position, or to those that `Heads` says. No scores are kept: the backward makes them again
 * from the log-sum-exp, once for the queries' gradients and once for the keys', since WGSL has no float atomics.
 */
import { ENGINE_LIMITS } from '../../../shared/engineLimits';
import { GpuError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { Device } from '../../device/device';
import type { Counts, Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { cappedSnippet } from '../softcap/softcap';
import { attentionCpu, attentionDeltaCpu, attentionGradCpu, scaleOf } from './attention.cpu';
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
import reach from './reach.wgsl?raw';
import team from './team.wgsl?raw';
import unroll from './unroll.wgsl?raw';

/** The variant whose threads share what they load (team.wgsl); where a device has it blocked, each works for itself. */
export const FLASH = 'flash';
/** Largest head that its threads keep in registers; of a larger one the plain form's loops are as good, and compile. */
const FLASH_HEAD = 128;
export const takesFlash = (device: Device, headDim: number): boolean =>
  headDim <= FLASH_HEAD && !device.blocked.has(FLASH);

/**
 * The head layout: `heads` query heads of `headDim`, `kvHeads` key and value heads shared evenly among them; and how a
 * row's scores come about.
 */
export interface Heads {
  heads: number;
  kvHeads: number;
  headDim: number;
  /** What q·k is multiplied by; 1/√headDim unless given. */
  scale?: number;
  /** Scores become softcap · tanh(score / softcap) before the softmax, if given. */
  softcap?: number;
  /** False: a row attends to its whole sequence, in the training layout only. True unless given. */
  causal?: boolean;
  /** Of these only keys less than so many positions away; all unless given. */
  window?: number;
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

/** (query, key) pairs of a segment: causal ones are L (L + 1) / 2 of a sequence of L, all are L². */
const pairsOf = ({ pairs = 0, rows }: Counts, causal: boolean): number => (causal ? pairs : 2 * pairs - rows);

/**
 * A pass in the frame of team.wgsl or plain.wgsl, as one dispatch or, where it could take long, several over ranges of
 * rows.
 */
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
  const { causal = true, window = 0, softcap } = p;
  const ofThread = p.ownRows ?? ownRows(rows, headDim, arrays, own);
  const all = [rows.dims, ...bindings];
  const isPlain = !takesFlash(device, headDim);
  const shape = { KV_HEADS: kvHeads, HD4: hd4, PART: all.length };
  const meeting = { CAUSAL: causal, WINDOW: window };
  const scoring = [reach, cappedSnippet(softcap)];
  const kernel = {
    label,
    code: isPlain
      ? compose(plainWgsl, {
          consts: { ...shape, HEADS: heads, ...meeting },
          snippets: [snippets.rows, ...scoring, plain],
        })
      : compose(wgsl.join('\n'), {
          consts: { ...shape, OWN: own, STREAM: stream, ROWS: ofThread, ...meeting },
          snippets: [snippets.rows, ...scoring, team, unroll],
        }),
    constants: { SCALE: scaleOf(p), THREADS, ...(softcap ? { CAP: softcap } : {}) },
    variants: isPlain ? [] : [FLASH],
  };
  const rowsPerGroup = isPlain ? THREADS / (keys ? kvHeads : heads) : (THREADS * ofThread) / own;
  const work = !causal ? 'even' : keys ? 'falling' : 'rising';
  const firsts = cuts(device, rows.max ?? 0, { rowsPerGroup, macsPerPair: heads * headDim * products, work });
  return firsts.map((first, i) => ({
    kernel,
    bindings: all,
    values: Uint32Array.of(first, 0, 0, 0).buffer,
    groups: (counts) => [
      Math.max(0, Math.min(Math.ceil(rows.of(counts) / rowsPerGroup), firsts[i + 1] ?? Infinity) - first),
      isPlain ? 1 : kvHeads,
      1,
    ],
    // Of the whole pass; its first part speaks for all. A window is not counted: it may be longer than the sequences.
    macs: (counts) => (i === 0 ? pairsOf(counts, causal) * counts.segments * heads * headDim * products : 0),
    cpu: i === 0 ? cpu : null,
  }));
}

/**
 * Attention of `q` [rows, heads·headDim] over `k`, `v` [keyRows, kvHeads·headDim] into `out` (as q), with the
 * log-sum-exp of every row and head in `lse` [rows, heads]. Overwrites.
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
