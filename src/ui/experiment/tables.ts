/** Tables of an experiment as data: the page, its report and the files for a paper show the same. */
import type { Interval } from '../../shared/stats';
import { texts } from '../../shared/texts';
import type { Cell, Experiment } from '../../shared/experiment';
import type { Results } from '../../store/experiments/results';
import { count, fixed, percent, signed } from '../format';
import type { PaperCell, PaperTable } from '../paperTable';
import { provenanceOfExperiment } from '../provenance';
import { withInterval } from './figures';
import { referenceName } from './verdicts';

const NONE: PaperCell = { text: '–', value: null };

const cellOf = (i: Interval | null, show: (v: number) => string): PaperCell =>
  i ? { text: withInterval(i, show), value: i.mean, half: i.half } : { ...NONE, half: null };

/** The difference has its sign, and stands beside what it is of: it is the last thing to be cut off. */
const differenceOf = (i: Interval | null): PaperCell =>
  i
    ? { text: `${signed(i.mean)}${i.half === null ? '' : ` ± ${fixed(i.half)}`}`, value: i.mean, half: i.half }
    : { ...NONE, half: null };

export function resultTable(experiment: Experiment, cells: readonly Cell[], results: Results): PaperTable {
  const t = texts().experiment.results;
  const { rows, measures, base } = results;
  const others = measures.slice(1);
  return {
    name: 'results',
    caption: t.caption,
    columns: [
      { label: t.variant, number: false },
      { label: t.seeds, number: true },
      { label: t.parameters, number: true },
      { label: t.measure.loss, number: true },
      { label: t.against(referenceName(results)), number: true },
      ...others.map(({ id }) => ({ label: t.measure[id], number: true })),
      { label: t.perplexity, number: true },
    ],
    provenance: provenanceOfExperiment(experiment, cells, rows.length + (base === null ? 0 : 1)),
    rows: [
      ...(base === null
        ? []
        : [
            [
              { text: t.base },
              NONE,
              NONE,
              { text: fixed(base), value: base },
              NONE,
              ...others.map(() => NONE),
              { text: fixed(Math.exp(base), 1), value: Math.exp(base) },
            ],
          ]),
      ...rows.map(({ name, done, failed, parameters, values, difference }): PaperCell[] => [
        { text: name },
        { text: t.seedsDone(done, failed), value: done },
        { text: count(parameters), value: parameters },
        cellOf(values[0], (v) => fixed(v)),
        differenceOf(difference),
        ...values.slice(1).map((v, k) => cellOf(v, (x) => (others[k].share ? percent(x, 1) : fixed(x)))),
        values[0] ? { text: fixed(Math.exp(values[0].mean), 1), value: Math.exp(values[0].mean) } : NONE,
      ]),
    ],
  };
}
