/** What preparing found, counted for the page. */
import {
  type Issue,
  ISSUES,
  type IssueReport,
  type Mapping,
  type ParsedTable,
  type PrepareReport,
} from '../shared/data';
import { type Message, message } from '../shared/message';
import { type CellsNow, EXCLUDED, ISSUE_BIT, type Reasons } from './checkRows';
import { excerpt } from './parse/excerpt';
import { lostRow } from './parse/table';
import type { TokenStore } from './tokenStore';

/** Rows that a report names. */
const EXAMPLES = 20;
const BINS = 32;

/** Rows by issue; rows that were excluded by hand have none any more. */
export function issueReports(
  table: ParsedTable,
  {
    flags,
    cells,
    mapping,
    reasons: { counts, told },
  }: { flags: Uint32Array; cells: CellsNow; mapping: Mapping; reasons: Reasons },
): IssueReport[] {
  const reports = ISSUES.map((issue): IssueReport => ({ issue, rows: 0, examples: [], reasons: [] }));
  const columns = Object.values(mapping.roles)
    .map((name) => (name === null ? -1 : table.columns.indexOf(name)))
    .filter((c) => c >= 0);
  for (let row = 0; row < flags.length; row++) {
    if (flags[row] & EXCLUDED || (flags[row] & (EXCLUDED - 1)) === 0) continue;
    for (const report of reports) {
      if (!(flags[row] & ISSUE_BIT[report.issue])) continue;
      report.rows++;
      if (report.examples.length < EXAMPLES)
        report.examples.push({
          row,
          line: table.rows.line(row),
          text:
            (TOLD.has(report.issue) ? told.get(row) : undefined) ??
            shown(table, { row, issue: report.issue, cells, columns }),
        });
    }
  }
  for (const report of reports) {
    report.reasons = [...(counts.get(report.issue)?.values() ?? [])].sort((a, b) => b.rows - a.rows).slice(0, 8);
  }
  return reports.filter((r) => r.rows > 0);
}

/** Issues of which the reason says more than the row itself. */
const TOLD = new Set<Issue>(['template', 'chat', 'picture']);

function shown(
  table: ParsedTable,
  { row, issue, cells, columns }: { row: number; issue: IssueReport['issue']; cells: CellsNow; columns: number[] },
): Message | string {
  const raw = table.rows.cells(row);
  switch (issue) {
    case 'syntax':
    case 'huge':
      return lostRow(raw).why;
    case 'ragged':
      return message('data.row.fields', {
        n: raw.length,
        wanted: table.columns.length,
        text: excerpt(raw.join(' | '), 90),
      });
    case 'quote':
    case 'encoding':
      return excerpt(raw.join(' | '), 120);
    default: {
      const now = cells(row) ?? raw;
      return excerpt(columns.map((c) => now[c] ?? '').join(' | '), 120);
    }
  }
}

/** Examples by length before they are cut. The limit falls on the end of a bin. */
export function lengthCounts(tokens: TokenStore, limit: number): PrepareReport['lengths'] {
  const width = Math.max(1, Math.ceil(limit / (BINS / 2)));
  const counts = new Array<number>(BINS + 1).fill(0);
  for (let i = 0; i < tokens.length; i++) counts[Math.min(BINS, Math.ceil(tokens.total(i) / width) - 1)]++;
  return { width, counts, limit };
}

export function labelCounts(
  label: readonly string[],
  validation: ReadonlySet<number>,
): NonNullable<PrepareReport['labels']> {
  const counts = new Map<string, { label: string; train: number; validation: number }>();
  label.forEach((l, i) => {
    let own = counts.get(l);
    if (!own) counts.set(l, (own = { label: excerpt(l, 40), train: 0, validation: 0 }));
    own[validation.has(i) ? 'validation' : 'train']++;
  });
  return [...counts.values()].sort((a, b) => b.train + b.validation - a.train - a.validation);
}
