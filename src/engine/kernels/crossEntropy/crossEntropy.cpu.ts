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
}

export const crossEntropyCpu =
  ({ rows, targets, logits, loss, vocab, stride, gradient }: CrossEntropy): CpuFunction =>
  (cpu) => {
    const { rows: count, lossScale } = cpu.dims(rows);
    cpu.run('crossEntropy', count, [
      ...[targets, logits, loss].map((t) => cpu.at(t)),
      vocab,
      stride,
      Number(gradient),
      lossScale,
    ]);
  };
