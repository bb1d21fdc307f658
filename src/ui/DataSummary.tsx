/**
 * What will be trained on, in one sentence with its numbers: what is learnt from what, what repeats, what is not used.
 */
import type { Mapping, PrepareReport, PromptTemplate, TableInfo } from '../shared/data';
import { LEARNT_ROLE, usedColumns } from '../shared/template';
import { texts } from '../shared/texts';
import { count } from './format';
import { useSel } from './studioContext';

export interface Summed {
  table: Pick<TableInfo, 'columns' | 'unit'>;
  mapping: Mapping;
  template: PromptTemplate;
  /** Columns without any value. */
  empty: readonly string[];
  report: PrepareReport;
}

/** The columns that nobody uses, as they are told. */
export function unusedColumns({ table, mapping, template, empty }: Omit<Summed, 'report'>): string[] {
  const used = usedColumns(table.columns, mapping, template);
  return table.columns.filter((column) => !used.includes(column) && !empty.includes(column));
}

/** The sentence; names of columns stand in it as the data have them. */
function summaryOf(data: Summed): string {
  const { table, mapping, template, report } = data;
  const t = texts().data.summary;
  const learnt = mapping.roles[LEARNT_ROLE[mapping.kind]];
  const target = mapping.kind === 'chat' ? (mapping.roles.answer ?? learnt) : learnt;
  if (!target) return '';
  const used = usedColumns(table.columns, mapping, template);
  const from = mapping.kind === 'picture-label' ? [] : used.filter((column) => column !== target);
  const what =
    mapping.kind === 'chat'
      ? (mapping.lastAnswer ? t.lastAnswers : t.answers)(target)
      : mapping.kind === 'text'
        ? table.unit === 'whole'
          ? t.whole
          : t.text(target)
        : mapping.kind === 'picture-label'
          ? t.pictures
          : mapping.kind === 'text-label'
            ? t.label(target)
            : t.column(target);
  const unused = unusedColumns(data);
  const rows = (issue: PrepareReport['issues'][number]['issue']) =>
    report.issues.find((i) => i.issue === issue)?.rows ?? 0;
  const out = report.rows - report.usable;
  return t.sentence([
    t.learns(what, t.list(from.map((column) => t.column(column)))),
    t.counts(report.train, count(report.train), count(report.validation)),
    ...(rows('duplicate') > 0 ? [t.repeats(rows('duplicate'), count(rows('duplicate')))] : []),
    ...(out > 0 ? [t.out(out, count(out))] : []),
    ...(unused.length > 0 ? [t.unused(unused.join(', '))] : []),
  ]);
}

export function DataSummary({ report }: { report: PrepareReport }) {
  const parsed = useSel((s) => s.dataset.parsed);
  const mapping = useSel((s) => s.dataset.mapping);
  const template = useSel((s) => s.dataset.template);
  if (!parsed || !mapping) return null;
  return (
    <p className="summary" data-testid="data-summary">
      {summaryOf({ table: parsed.table, empty: parsed.empty, mapping, template, report })}
    </p>
  );
}
