/** The modules that read one normed input: q, k and v; or gate and up. */
import type { ProjectionDescription } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { linearBackward, linearForward } from './linear';
import { type Pass, isAdapted } from './pass';

/** Whether a gradient of the parts is needed: some run adapts a module that makes one. */
export const projectionLearns = (pass: Pick<Pass, 'segments'>, { linears }: ProjectionDescription): boolean =>
  linears.some((linear) => isAdapted(pass, linear));

/** `x` [rows, width] into each of `parts`. */
export const projectionForward = (
  pass: Pass,
  { linears }: ProjectionDescription,
  { x, parts, recompute }: { x: Tensor; parts: Tensor[]; recompute: boolean },
): Op[] => linears.flatMap((linear, i) => linearForward(pass, linear, { x, y: parts[i], recompute }));

/** From the gradients of the parts to that of `x`; `gradIn` null where nothing below needs it. */
export const projectionBackward = (
  pass: Pass,
  { linears }: ProjectionDescription,
  { x, gradParts, gradIn }: { x: Tensor; gradParts: Tensor[]; gradIn: Tensor | null },
): Op[] =>
  linears.flatMap((linear, i) => linearBackward(pass, linear, { x, gradOut: gradParts[i], gradIn, accumulate: i > 0 }));
