import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

const NOWHERE = 0xffffffff;

/**
 * `meta` u32 [rows, 4] as in `attention`; `targetOfRow` u32 [rows], by a sequence's first row, 0xffffffff where it has
 * no target.
 */
export interface SequenceRows {
  rows: RowCount;
  meta: Tensor;
  targetOfRow: Tensor;
  width: number;
}

export const meanRowsCpu =
  ({ rows, meta, targetOfRow, x, out, width }: SequenceRows & { x: Tensor; out: Tensor }): CpuFunction =>
  (cpu) => {
    const [places, targets, from, to] = [cpu.u32(meta), cpu.u32(targetOfRow), cpu.f32(x), cpu.f32(out)];
    const sum = new Float32Array(width);
    for (const span of cpu.spans(rows)) {
      for (let i = span.index; i < span.index + span.count; i++) {
        if (targets[i] === NOWHERE) continue;
        const [first, end] = [places[4 * i], places[4 * i + 2]];
        sum.fill(0);
        for (let r = first; r < end; r++) for (let d = 0; d < width; d++) sum[d] += from[r * width + d];
        for (let d = 0; d < width; d++) to[targets[i] * width + d] = sum[d] / (end - first);
      }
    }
  };

export const spreadRowsCpu =
  ({
    rows,
    meta,
    targetOfRow,
    gradOut,
    gradX,
    width,
  }: SequenceRows & { gradOut: Tensor; gradX: Tensor }): CpuFunction =>
  (cpu) => {
    const [places, targets, from, to] = [cpu.u32(meta), cpu.u32(targetOfRow), cpu.f32(gradOut), cpu.f32(gradX)];
    for (const span of cpu.spans(rows)) {
      for (let i = 0; i < span.count; i++) {
        const [first, position, end] = places.subarray(4 * (span.index + i));
        const source = targets[span.index + i - position];
        const at = (span.first + i) * width;
        if (source === NOWHERE) to.fill(0, at, at + width);
        else for (let d = 0; d < width; d++) to[at + d] = from[source * width + d] / (end - first);
      }
    }
  };
