/**
 * Half a layer: a norm, the modules that read it, something in between (`Inner`: attention, or the MLP's activation),
 * the module that writes, the way back into the residual stream, and perhaps a norm of that.
 */
import type { HalfDescription } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { copyRows } from '../../kernels/copyRows/copyRows';
import type { LayerActivations } from '../activations';
import { keepsBase, linearBackward, linearForward } from './linear';
import { normAgain, normBackward, normForward } from './norm';
import { type Pass, isAdapted } from './pass';
import { projectionBackward, projectionForward, projectionLearns } from './projection';

/** What lies between the projections of a half. */
interface Inner {
  /** What the modules that read make, and the gradients of these. */
  parts: Tensor[];
  gradParts: () => Tensor[];
  /** What the module that writes reads, and its gradient. */
  out: Tensor;
  gradOut: () => Tensor;
  /** From `parts` to `out`. */
  forward: () => Op[];
  /** Whether `out` stays for the backward; else that makes it again, by `forward` or on the way through `backward`. */
  kept: boolean;
  /** From `gradOut` to `gradParts`, and `out` where it was not kept. */
  backward: () => Op[];
}

export interface Half extends Inner {
  description: HalfDescription;
  /** What a half's output is multiplied with before it is added to the residual stream. */
  scale: number;
  saved: Pick<LayerActivations['attention'], 'stats' | 'branch' | 'afterStats' | 'sum' | 'postStats'>;
}

/**
 * `target` = `residual` + the half of `x`, normed where it has a `post` norm, all [rows, width]. `recompute`: for the
 * backward, from what the adapters kept. `inside`: `target` itself is not needed then.
 */
export function halfForward(
  pass: Pass,
  half: Half,
  {
    x,
    residual,
    target,
    recompute,
    inside,
  }: { x: Tensor; residual: Tensor; target: Tensor; recompute: boolean; inside: boolean },
): Op[] {
  const { description, saved, scale } = half;
  const { norm, input, output, after, post } = description;
  const { rows } = pass.batch;
  const { width } = pass.config;
  const { normed } = pass.top;
  const into = [
    ...(norm ? normForward(pass, norm, { rows, x, out: normed, stats: saved.stats!, width }) : []),
    ...projectionForward(pass, input, { x: norm ? normed : x, parts: half.parts, recompute }),
  ];
  const ends = !after && !post;
  if (recompute && inside && ends && !keepsBase(pass, output)) return [...into, ...(half.kept ? half.forward() : [])];
  const write = (y: Tensor, added?: Tensor) => [
    ...half.forward(),
    ...linearForward(pass, output, { x: half.out, y, recompute, residual: added }),
  ];
  const sum = post ? saved.sum! : target;
  const end = post ? normForward(pass, post, { rows, x: sum, out: target, stats: saved.postStats!, width }) : [];
  if (!after && scale === 1) return [...into, ...write(sum, residual), ...end];
  const branch = saved.branch ?? pass.top.branch!;
  const added = after ? pass.top.branch! : branch;
  return [
    ...into,
    ...write(branch),
    ...(after ? normForward(pass, after, { rows, x: branch, out: added, stats: saved.afterStats!, width }) : []),
    copyRows(pass.device, { rows, x: residual, out: sum, width }),
    copyRows(pass.device, { rows, x: added, out: sum, width, add: true, factor: scale }),
    ...end,
  ];
}

/** Whether some run adapts a module of the half. */
export const halfLearns = (pass: Pick<Pass, 'segments'>, { input, output }: HalfDescription): boolean =>
  projectionLearns(pass, input) || isAdapted(pass, output);

/**
 * From `gradOut`, the gradient of what the half was added to (before its `post` norm that of what came out of it), down
 * to its lowest adapted module. With `live` the gradient of `x` is needed, too, and is added to `grads.residual`.
 */
export function halfBackward(
  pass: Pass,
  half: Half,
  { x, gradOut, live }: { x: Tensor; gradOut: Tensor; live: boolean },
): Op[] {
  const { description, saved } = half;
  const { norm, input, output } = description;
  if (!live && !halfLearns(pass, description)) return [];
  const { rows } = pass.batch;
  const { width } = pass.config;
  const { normed } = pass.top;
  const grads = pass.grads!;
  const throughOutput = live || projectionLearns(pass, input);
  const branch = branchGradient(pass, half, gradOut);
  const read = norm ? normed : x;
  const written = linearBackward(pass, output, {
    x: half.out,
    gradOut: branch.gradient,
    gradIn: throughOutput ? half.gradOut() : null,
    accumulate: false,
  });
  const before = [...postGradient(pass, half), ...branch.ops];
  if (!throughOutput)
    return [...before, ...(half.kept ? [] : half.forward()), ...written.through, ...written.gradients];
  const ops = [
    ...before,
    ...written.through,
    ...half.backward(),
    ...written.gradients,
    ...(norm ? normAgain(pass, norm, { rows, x, out: normed, stats: saved.stats!, width }) : []),
    ...projectionBackward(pass, input, {
      x: read,
      gradParts: half.gradParts(),
      gradIn: live ? (norm ? grads.normed : grads.residual) : null,
      accumulate: !norm,
    }),
  ];
  if (!live || !norm) return ops;
  ops.push(
    ...normBackward(pass, norm, {
      rows,
      x,
      stats: saved.stats!,
      gradOut: grads.normed,
      gradX: grads.residual,
      width,
      accumulate: true,
    }),
  );
  return ops;
}

/** Takes `grads.residual` back through the half's `post` norm: it is the gradient of the sum then. */
function postGradient(pass: Pass, { description: { post }, saved }: Half): Op[] {
  if (!post) return [];
  const { rows } = pass.batch;
  const { width } = pass.config;
  const { residual, normed } = pass.grads!;
  return [
    copyRows(pass.device, { rows, x: residual, out: normed, width }),
    ...normBackward(pass, post, {
      rows,
      x: saved.sum!,
      stats: saved.postStats!,
      gradOut: normed,
      gradX: residual,
      width,
      accumulate: false,
    }),
  ];
}

/** The gradient of what the output module wrote. */
function branchGradient(
  pass: Pass,
  { description, saved, scale }: Half,
  gradOut: Tensor,
): { ops: Op[]; gradient: Tensor } {
  const { after } = description;
  if (!after && scale === 1) return { ops: [], gradient: gradOut };
  const { rows } = pass.batch;
  const { width } = pass.config;
  const { branch, normed } = pass.grads!;
  const gradient = branch!;
  // The gradient of the half's normed input has its place only later.
  const scaled = scale === 1 ? gradOut : after ? normed : gradient;
  const ops = scale === 1 ? [] : [copyRows(pass.device, { rows, x: gradOut, out: scaled, width, factor: scale })];
  if (!after) return { ops, gradient };
  const back = normBackward(pass, after, {
    rows,
    x: saved.branch!,
    stats: saved.afterStats!,
    gradOut: scaled,
    gradX: gradient,
    width,
    accumulate: false,
  });
  return { ops: [...ops, ...back], gradient };
}
