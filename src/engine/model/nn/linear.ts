/** A frozen linear layer with the adapters of the runs that share the pass, forward and backward. */
import type { LinearDescription } from '../../../shared/model';
import type { ModuleBackward } from '../../adapters/method';
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { addVector } from '../../kernels/addVector/addVector';
import { copyRows } from '../../kernels/copyRows/copyRows';
import { matmul, squareParts } from '../../kernels/matmul/matmul';
import { segmentOf } from '../activations';
import { biasOf, matrixOf } from '../weights';
import { type Pass, adaptersOf } from './pass';

/** What its products are called in profiles: `q_proj`. */
const labelOf = ({ path }: LinearDescription) => path.slice(path.lastIndexOf('.') + 1);

/** Whether an adapter of a module needs its frozen output in the backward. */
export const keepsBase = (pass: Pass, { path }: LinearDescription): boolean =>
  adaptersOf(pass, path).some(({ adapters }) => adapters.method.usesBaseOutput);

/**
 * The frozen product of all runs' rows (added to `residual`, if given), then each run's adapter on its own. `x` [rows,
 * dIn], `y` [rows, dOut]. Where a gate needs the size of the frozen output, the product leaves it behind; where an
 * adapter needs the frozen output itself, it is kept before the residual comes to it.
 */
export function linearForward(
  pass: Pass,
  linear: LinearDescription,
  { x, y, recompute, residual }: { x: Tensor; y: Tensor; recompute: boolean; residual?: Tensor },
): Op[] {
  const { rows, segment: segmentRows, capacity } = pass.batch;
  const { dIn, dOut } = linear;
  const adapted = adaptersOf(pass, linear.path);
  const needed = !recompute && adapted.some(({ adapters }) => adapters.method.needsRowNorms);
  const parts = squareParts(pass.device, { n: dOut, k: dIn, transposed: true, maxRows: rows.max });
  const { rowNormSquared } = pass.top;
  const through = adapted.filter(({ adapters }) => adapters.method.usesBaseOutput);
  const part = (tensor: Tensor, segment: number) => segmentOf(tensor, capacity, segment, dOut);
  const bias = biasOf(pass.weights, linear);
  return [
    ...matmul(pass.device, {
      label: labelOf(linear),
      rows,
      a: x,
      w: matrixOf(pass.weights, linear),
      out: y,
      n: dOut,
      k: dIn,
      transposed: true,
      bias,
      residual: through.length > 0 ? undefined : residual,
      rowNormSquared: needed ? rowNormSquared : undefined,
    }),
    ...through.flatMap(({ segment, module, adapters }) => {
      const out = adapters.saved[module.index].base!;
      const whole = { rows: segmentRows, out, width: dOut };
      // What Δ goes by is W0 x, without the bias.
      return [
        copyRows(pass.device, { ...whole, x: part(y, segment) }),
        ...(bias ? [addVector(pass.device, { ...whole, vector: bias, factor: -1 })] : []),
      ];
    }),
    ...(residual && through.length > 0
      ? pass.segments.map((_, segment) =>
          copyRows(pass.device, {
            rows: segmentRows,
            x: part(residual, segment),
            out: part(y, segment),
            width: dOut,
            add: true,
          }),
        )
      : []),
    ...adapted.flatMap(({ segment, module, adapters }) =>
      adapters.method.forward(module, {
        rows: segmentRows,
        x: segmentOf(x, capacity, segment, dIn),
        y: part(y, segment),
        rowNormSquared: needed ? { tensor: segmentOf(rowNormSquared, capacity, segment, parts), parts } : undefined,
        saved: adapters.saved[module.index],
        scratch: adapters.scratch,
        record: pass.record,
        choosing: pass.choosing,
        recompute,
      }),
    ),
  ];
}

/**
 * What W0ᵀ is given: g, or where an adapter's Δ depends on W0 x a copy of it with that adapter's rows changed. g itself
 * stays: the residual stream's gradient is still needed as it is.
 */
function frozenGradient(
  pass: Pass,
  { path, dOut: width }: LinearDescription,
  gradOut: Tensor,
): { ops: Op[]; gradient: Tensor } {
  const { segment: rows, capacity } = pass.batch;
  const through = adaptersOf(pass, path).filter(({ adapters }) => adapters.method.usesBaseOutput);
  if (through.length === 0) return { ops: [], gradient: gradOut };
  const gradient = pass.frozenGradient!;
  const ops = pass.segments.flatMap((_, segment): Op[] => {
    const [g, out] = [gradOut, gradient].map((tensor) => segmentOf(tensor, capacity, segment, width));
    const own = through.find((t) => t.segment === segment);
    if (!own) return [copyRows(pass.device, { rows, x: g, out, width })];
    return own.adapters.method.frozenGradient(own.module, {
      rows,
      gradOut: g,
      saved: own.adapters.saved[own.module.index],
      scratch: own.adapters.scratch,
      out,
    });
  });
  return { ops, gradient };
}

/**
 * `through`: gradIn (+)= W0ᵀ g for all runs' rows, then each adapter's part of it. `gradIn` null: nothing below needs
 * it. `gradients`: those of each adapter. They may come later, as long as no other module's backward is between, and
 * read `x`, which `through` does not.
 */
export function linearBackward(
  pass: Pass,
  linear: LinearDescription,
  { x, gradOut, gradIn, accumulate }: { x: Tensor; gradOut: Tensor; gradIn: Tensor | null; accumulate: boolean },
): ModuleBackward {
  const { rows, segment: segmentRows, capacity } = pass.batch;
  const { dIn, dOut } = linear;
  const frozen = gradIn ? frozenGradient(pass, linear, gradOut) : { ops: [], gradient: gradOut };
  const adapters = adaptersOf(pass, linear.path).map(({ segment, module, adapters: { method, saved, scratch } }) =>
    method.backward(module, {
      rows: segmentRows,
      x: segmentOf(x, capacity, segment, dIn),
      gradOut: segmentOf(gradOut, capacity, segment, dOut),
      gradIn: gradIn && segmentOf(gradIn, capacity, segment, dIn),
      saved: saved[module.index],
      scratch,
    }),
  );
  const product = gradIn
    ? matmul(pass.device, {
        label: `${labelOf(linear)} back`,
        rows,
        a: frozen.gradient,
        w: matrixOf(pass.weights, linear),
        out: gradIn,
        n: dIn,
        k: dOut,
        transposed: false,
        accumulate,
      })
    : [];
  return {
    through: [...frozen.ops, ...product, ...adapters.flatMap(({ through }) => through)],
    gradients: adapters.flatMap(({ gradients }) => gradients),
  };
}
