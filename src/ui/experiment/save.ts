/** Hands a study's report to the browser as a download. */
import type { Cell, Study } from '../../shared/study';
import type { State } from '../../store/slices';
import { reportCsv, reportHtml, reportJson } from './report';

const KINDS = {
  html: { write: reportHtml, type: 'text/html' },
  csv: { write: (_: Study, cells: readonly Cell[]) => reportCsv(cells), type: 'text/csv' },
  json: { write: reportJson, type: 'application/json' },
} as const;

export function saveReport(id: string, { studies }: State, kind: keyof typeof KINDS): void {
  const entry = studies.list.find((e) => e.study.id === id);
  if (!entry) return;
  const { write, type } = KINDS[kind];
  const url = URL.createObjectURL(new Blob([write(entry.study, entry.cells)], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `sieve-experiment-${id}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
