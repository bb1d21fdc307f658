/** Losses of what is compared as lines: on the page, in its files, and in the shared result. Plain functions. */
import type { Contender } from '../../store/compare/contenders';
import { type Aligned, type Curve, align, smooth } from '../../store/curves';
import type { ChartColors } from '../charts/chartColors';
import { BASE_DASH, type Line, dashOfRun } from '../charts/lines';

/** Steps that are looked at closer; null for all. */
export type Range = readonly [number, number] | null;

export interface ComparedCurve {
  contender: Contender;
  curve: Curve;
}

/** A base that was measured once is a level as long as the longest run. */
function levelled(parts: ComparedCurve[]): ComparedCurve[] {
  const end = Math.max(0, ...parts.map(({ curve }) => Number(curve.steps[curve.steps.length - 1] ?? 0)));
  return parts.map((p) => {
    const last = Number(p.curve.values[p.curve.values.length - 1]);
    return p.contender.kind === 'base' && end > 0
      ? { ...p, curve: { steps: [0, end], values: [last, last], exact: true } }
      : p;
  });
}

export const validationParts = (shown: readonly Contender[]): ComparedCurve[] =>
  levelled(shown.flatMap((contender) => (contender.validation ? [{ contender, curve: contender.validation }] : [])));

export const trainingParts = (shown: readonly Contender[]): ComparedCurve[] =>
  shown.flatMap((contender) =>
    contender.run && contender.run.final.steps > 0 ? [{ contender, curve: contender.run.curves.train }] : [],
  );

/** Dashes repeat later than colours do, so that no two of sixteen look alike. */
const dashOf = ({ kind, place }: Contender): number[] | undefined =>
  kind === 'base' ? BASE_DASH : dashOfRun(place + 3 * Math.floor(place / 8));

/** @param weight of the smoothing */
export function linesOf(
  parts: readonly ComparedCurve[],
  { weight, range, colors }: { weight: number; range: Range; colors: ChartColors },
): { lines: Line[]; data: Aligned } {
  return {
    lines: parts.map(
      ({ contender, curve }): Line => ({
        label: contender.name,
        color: contender.index === 0 ? colors.ink2 : colors.runs[contender.index],
        width: 2,
        dash: dashOf(contender),
        points: curve.exact && contender.kind !== 'base',
      }),
    ),
    data: align(
      parts.map((p) => smooth(p.curve, weight)),
      range,
    ),
  };
}
