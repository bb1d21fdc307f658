import type { Tensor } from '../../device/buffers';
import type { Cpu, CpuFunction } from '../../device/cpu/cpu';
import { type Dims, passKind } from '../../device/dims';
import type { RowCount } from '../../device/program';
import { mixBits } from '../dropout/hash';
import { GATE_AT, SLOT_BYTES, STAT_AT, STAT_BYTES } from '../gate/slots';

interface Marks {
  rows: RowCount;
  open: Tensor;
}

interface Selects extends Marks {
  slot: Tensor;
  keep: number;
}

/** What tells one choice from another, for one pass. Numbers are rounded to f32 where the shader's are. */
interface Choice {
  key: (row: number) => number;
  wanted: () => number;
  /** Told the smallest key that was kept: all ones where none was. */
  learn: (smallest: number) => void;
  keepsAlone: (row: number) => boolean;
}

/** The smallest kept key where none is kept. */
const NOTHING = 0xffffffff;

const { fround } = Math;
const shareOf = (share: number, rows: number): number => Math.floor(fround(fround(fround(share) * rows) + 0.5));

/** Marks the rows with the largest keys, of equal keys the first; see select.wgsl. */
const selectCpu =
  (p: Marks, choiceOf: (cpu: Cpu, dims: Required<Dims>) => Choice): CpuFunction =>
  (cpu) => {
    const dims = cpu.dims(p.rows);
    const { rows, before, whole } = dims;
    const open = cpu.u32(p.open);
    const choice = choiceOf(cpu, dims);
    if (dims.kind === 'decode') {
      for (let row = 0; row < rows; row++) open[row] = Number(choice.keepsAlone(row));
      return;
    }
    const keys = Uint32Array.from({ length: whole }, (_, row) => choice.key(row));
    const sorted = keys.slice().sort();
    const wanted = Math.min(choice.wanted(), whole);
    const smallest = wanted > 0 ? sorted[whole - wanted] : NOTHING;
    let left = wanted;
    for (let i = whole; i > 0 && sorted[i - 1] > smallest; i--) left--;
    keys.forEach((key, row) => {
      const keeps = key > smallest || (key === smallest && left-- > 0);
      if (row >= before && row < before + rows) open[row - before] = Number(keeps);
    });
    if (dims.kind === 'train' && before === 0) choice.learn(smallest);
  };

/** Quantile gate; see keyByRatio.wgsl. */
export const markLargestCpu = (p: Selects & { ratio: Tensor; ofStep: boolean }): CpuFunction =>
  selectCpu(p, (cpu, { first, before, whole }) => {
    const from = p.ofStep ? first - before : 0;
    const [ratio, bits, slot, counts] = [cpu.f32(p.ratio), cpu.u32(p.ratio), cpu.f32(p.slot), cpu.u32(p.slot)];
    return {
      key: (row) => bits[from + row],
      wanted: () => shareOf(p.keep, whole),
      learn(smallest) {
        if (smallest >= 0x7f800000 && smallest !== NOTHING) return;
        const r = smallest === NOTHING ? 3e38 : new Float32Array(Uint32Array.of(smallest).buffer)[0];
        const average = fround(fround(0.9) * slot[GATE_AT.tau]) + fround(fround(0.1) * r);
        slot[GATE_AT.tau] = counts[GATE_AT.updates] === 0 ? r : average;
        counts[GATE_AT.updates]++;
      },
      keepsAlone: (row) => ratio[row] >= slot[GATE_AT.tau],
    };
  });

interface Random extends Selects {
  seed: number;
  module: number;
  followed: { counts: Tensor; modules: number; module: number } | null;
}

/** Random gate; see keyByHash.wgsl. */
export const markRandomCpu = (p: Random): CpuFunction =>
  selectCpu(p, (cpu, { whole, kind, draw, of }) => {
    const share = cpu.f32(p.slot)[GATE_AT.share];
    const hashOf = (drawn: number, batch: number) => {
      const ofBatch = mixBits(mixBits(mixBits(p.seed + 0x9e3779b9) ^ drawn) ^ (batch + 0x85ebca6b));
      const ofModule = mixBits(ofBatch ^ (p.module + 0xc2b2ae35));
      return (row: number) => mixBits(ofModule ^ row);
    };
    return {
      // A pass that is no training step is none of its batches: its rows are others' than those of any step.
      key: hashOf(draw, kind === 'train' ? of : 0xffff0000 + passKind(kind)),
      wanted: () => {
        if (kind !== 'train') return shareOf(share, whole);
        const { followed } = p;
        return followed ? cpu.u32(followed.counts)[of * followed.modules + followed.module] : shareOf(p.keep, whole);
      },
      learn: () => {},
      // By position, however many rows a pass has.
      keepsAlone: (row) => hashOf(draw + row, 0xffffffff)(0) >>> 8 < fround(share * 16777216),
    };
  });

/** Oracle gate; see markHelpful.wgsl. */
export const markHelpfulCpu =
  (p: Marks & { pairs: Tensor }): CpuFunction =>
  (cpu) => {
    const { rows, kind, first } = cpu.dims(p.rows);
    const [open, pairs] = [cpu.u32(p.open), cpu.f32(p.pairs)];
    for (let row = 0; row < rows; row++) {
      const at = 2 * (first + row);
      open[row] = Number(kind !== 'train' || pairs[at + 1] < 0 || pairs[at] === 0);
    }
  };

/** Held gates; see markHeld.wgsl. */
export const markHeldCpu =
  (p: Marks & { slot: Tensor; ratio: Tensor; held: Tensor }): CpuFunction =>
  (cpu) => {
    const { rows, kind, first } = cpu.dims(p.rows);
    const [open, held] = [cpu.u32(p.open), cpu.u32(p.held)];
    const [ratio, slot] = [cpu.f32(p.ratio), cpu.f32(p.slot)];
    for (let row = 0; row < rows; row++) {
      const said = kind === 'train' ? held[first + row] : 0;
      open[row] = Number(said === 0 ? ratio[row] >= slot[GATE_AT.tau] : said === 2);
    }
  };

interface NoteCount {
  rows: RowCount;
  list: Tensor;
  counts: Tensor;
  modules: number;
  module: number;
}

/** `keepRatios` on the CPU. */
export const keepRatiosCpu =
  (p: { rows: RowCount; ratio: Tensor; ratios: Tensor }): CpuFunction =>
  (cpu) => {
    const { rows, first } = cpu.dims(p.rows);
    cpu.u32(p.ratios).set(cpu.u32(p.ratio).subarray(0, rows), first);
  };

/** `noteCount` on the CPU. */
export const noteCountCpu =
  (p: NoteCount): CpuFunction =>
  (cpu) => {
    const { kind, of } = cpu.dims(p.rows);
    if (kind === 'train') cpu.u32(p.counts)[of * p.modules + p.module] += cpu.u32(p.list)[0];
  };

/** `noteShare` on the CPU. */
export const noteShareCpu =
  (p: { stats: Tensor; slots: Tensor; modules: number }): CpuFunction =>
  (cpu) => {
    const [stats, slots] = [cpu.u32(p.stats), cpu.f32(p.slots)];
    for (let m = 0; m < p.modules; m++) {
      const at = (m * STAT_BYTES) / 4;
      const tokens = stats[at + STAT_AT.tokens];
      if (tokens > 0) slots[(m * SLOT_BYTES) / 4 + GATE_AT.share] = stats[at + STAT_AT.active] / tokens;
    }
  };
