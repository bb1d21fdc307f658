/** The modules that read one normed input: q, k and v, or gate and up; or one module that makes them all. */
import type { ProjectionDescription } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { joinColumns, splitColumns } from '../../kernels/columns/columns';
import { linearBackward, linearForward } from './linear';
import { type Pass, isAdapted } from './pass';

/** Whether a gradient of the parts is needed: some run adapts a module that makes one. */
export const projectionLearns = (pass: Pick<Pass, 'segments'>, { linears }: ProjectionDescription): boolean =>
  linears.some((linear) => isAdapted(pass, linear));

/** `x` [rows, width] into each of `parts`. */
export function projectionForward(
  pass: Pass,
  { linears, fused }: ProjectionDescription,
  { x, parts, recompute }: { x: Tensor; parts: Tensor[]; recompute: boolean },
): Op[] {
  if (!fused) return linears.flatMap((linear, i) => linearForward(pass, linear, { x, y: parts[i], recompute }));
  const [linear] = linears;
  const whole = pass.top.fused!;
  const { rows } = pass.batch;
  return [
    ...linearForward(pass, linear, { x, y: whole, recompute }),
    ...fused.map((columns, i) =>
      splitColumns(pass.device, { rows, whole, width: linear.dOut, part: parts[i], columns }),
    ),
  ];
}

/**
 * From the gradients of the parts to that of `x`, with `accumulate` added to it; `gradIn` null where nothing below
 * needs it.
 */
export function projectionBackward(
  pass: Pass,
  { linears, fused }: ProjectionDescription,
  { x, gradParts, gradIn, accumulate }: { x: Tensor; gradParts: Tensor[]; gradIn: Tensor | null; accumulate: boolean },
): Op[] {
  if (!fused)
    return linears.flatMap((linear, i) => {
      const how = { x, gradOut: gradParts[i], gradIn, accumulate: accumulate || i > 0 };
      const { through, gradients } = linearBackward(pass, linear, how);
      return [...through, ...gradients];
    });
  const [linear] = linears;
  const whole = pass.grads!.fused!;
  const { rows } = pass.batch;
  const { through, gradients } = linearBackward(pass, linear, { x, gradOut: whole, gradIn, accumulate });
  return [
    ...fused.map((columns, i) =>
      joinColumns(pass.device, { rows, whole, width: linear.dOut, part: gradParts[i], columns }),
    ),
    ...through,
    ...gradients,
  ];
}
