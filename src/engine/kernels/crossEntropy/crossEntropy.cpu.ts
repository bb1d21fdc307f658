import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

interface CrossEntropy {
  rows: RowCount;
  targets: Tensor;
  logits: Tensor;
  loss: Tensor;
  vocab: number;
  stride: number;
  gradient: boolean;
  softcap?: number;
}

export const crossEntropyCpu =
  ({ rows, targets, logits, loss, vocab, stride, gradient, softcap = 0 }: CrossEntropy): CpuFunction =>
  (cpu) => {
    const { rows: count, lossScale } = cpu.dims(rows);
    cpu.run('crossEntropy', count, [
      ...[targets, logits, loss].map((t) => cpu.at(t)),
      vocab,
      stride,
      Number(gradient),
      softcap,
      lossScale,
    ]);
  };
