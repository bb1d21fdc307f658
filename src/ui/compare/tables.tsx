/** Tables of what is compared, as data: the page, the shared result and the files for a paper show the same. */
import type { ReactNode } from 'react';
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import { type Metric, type MetricRow, digitsOf } from '../../store/compare/metrics';
import type { SeedRow } from '../../store/compare/seeds';
import { RunMark } from '../bits';
import { count, duration, fixed, percent, signed } from '../format';
import { provenanceOf } from '../provenance';
import type { ShownCell, ShownTable } from '../ReportTable';

const SAID: Record<Metric, (v: number | null) => string> = {
  loss: fixed,
  perplexity: (v) => fixed(v, v === null ? 0 : digitsOf('perplexity', v)),
  skipped: (v) => percent(v, 1),
  parameters: count,
  time: duration,
};

const DIFFERENCE: Record<Metric, (v: number, row: MetricRow) => string> = {
  loss: (v) => signed(v),
  perplexity: (v, { metrics }) => signed(v, digitsOf('perplexity', metrics.perplexity!)),
  skipped: (v) => texts().compare.points(signed(v * 100, 1)),
  parameters: (v) => (v === 0 ? '±0' : `${v < 0 ? '−' : '+'}${count(Math.abs(v))}`),
  time: (v) => (Math.round(v / 1000) === 0 ? '±0 s' : `${v < 0 ? '−' : '+'}${duration(Math.abs(v))}`),
};

/** A metric of a run, marked where it is the best. */
function valueCell(row: MetricRow, metric: Metric, testId?: string): ShownCell {
  const words: Partial<Record<Metric, string>> = texts().compare.metrics.best;
  const value = row.metrics[metric];
  const text = SAID[metric](value);
  const best = row.best.has(metric);
  const node: ReactNode = (
    <>
      <span className={best ? 'best' : undefined} data-testid={testId}>
        {text}
      </span>
      {best && <span className="best-word"> ▾ {words[metric]}</span>}
    </>
  );
  return { text, value, best, node };
}

/** How far a metric is from the baseline's. */
function differenceCell(row: MetricRow, metric: Metric): ShownCell {
  const value = row.difference[metric];
  return { text: value === null ? '–' : DIFFERENCE[metric](value, row), value };
}

/** The run's name with its mark. */
function nameCell({ name, index }: Pick<Contender, 'name' | 'index'>, baseline = false): ShownCell {
  return {
    text: name,
    node: (
      <>
        <RunMark index={index} />
        {name}
        {baseline && <span className="tag">{texts().compare.metrics.baseline}</span>}
      </>
    ),
  };
}

export function finalTable(rows: readonly MetricRow[], reference: Contender): ShownTable {
  const t = texts().compare.metrics;
  const examples = reference.measured?.examples;
  return {
    name: 'metrics',
    caption: examples ? t.titleOn(examples) : t.title,
    columns: [
      { label: t.run, number: false },
      { label: t.loss, number: true },
      { label: t.difference, number: true },
      { label: t.skipped, number: true },
      { label: t.perplexity, number: true },
      { label: t.bestLoss, number: true },
      { label: t.step, number: true },
    ],
    provenance: provenanceOf(rows.map(({ contender: { run } }) => (run ? [run] : []))),
    rows: rows.map((row) => {
      const { contender } = row;
      const { key, run } = contender;
      const best = run?.final.best;
      const at = run?.final.evaluatedAt ?? null;
      return [
        nameCell(contender, contender === reference),
        valueCell(row, 'loss', `final-${key}`),
        differenceCell(row, 'loss'),
        valueCell(row, 'skipped', `skipped-${key}`),
        valueCell(row, 'perplexity'),
        { text: best ? t.bestAt(fixed(best.loss), best.step) : '–', value: best?.loss ?? null },
        { text: at === null ? '–' : String(at), value: at },
      ];
    }),
  };
}

/** Cells of an interval, on the page as `mean ± half`. */
const intervalCell = (i: SeedRow['skipped'], show: (v: number) => string, half: (v: number) => string): ShownCell =>
  i === null
    ? { text: '–', value: null, half: null }
    : { text: i.half === null ? show(i.mean) : `${show(i.mean)} ± ${half(i.half)}`, value: i.mean, half: i.half };

export function seedTable(rows: readonly SeedRow[], reference: Contender): ShownTable {
  const t = texts().compare.metrics;
  return {
    name: 'seeds',
    caption: t.seedsTitle,
    columns: [
      { label: t.run, number: false },
      { label: t.loss, number: true },
      { label: t.pairedDifference, number: true },
      { label: t.skipped, number: true },
      { label: t.seedList, number: false },
    ],
    provenance: provenanceOf(rows.map(({ group }) => group.runs)),
    rows: rows.map(({ group, seeds, loss, difference, skipped }) => [
      nameCell(
        group,
        group.runs.some((r) => r.key === reference.run?.key),
      ),
      intervalCell(loss, fixed, fixed),
      intervalCell(difference, signed, fixed),
      intervalCell(
        skipped,
        (v) => percent(v, 1),
        (v) => percent(v, 1),
      ),
      { text: seeds.join(', ') },
    ]),
  };
}

export function costTable(rows: readonly MetricRow[], reference: Contender): ShownTable {
  const t = texts().compare.metrics;
  return {
    name: 'cost',
    caption: t.cost,
    columns: [
      { label: t.run, number: false },
      { label: t.parameters, number: true },
      { label: t.tokens, number: true },
      { label: t.time, number: true },
      { label: t.timeDifference, number: true },
      { label: t.saved, number: true },
    ],
    provenance: provenanceOf(rows.flatMap(({ contender: { run } }) => (run ? [[run]] : []))),
    rows: rows.flatMap((row) => {
      const { contender } = row;
      if (!contender.run) return [];
      const { tokens, workSaved } = contender.run.final;
      return [
        [
          nameCell(contender, contender === reference),
          valueCell(row, 'parameters'),
          { text: count(tokens), value: tokens },
          valueCell(row, 'time'),
          differenceCell(row, 'time'),
          { text: percent(workSaved, 1), value: workSaved },
        ],
      ];
    }),
  };
}
