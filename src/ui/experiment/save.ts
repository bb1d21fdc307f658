/** Hands an experiment's report to the browser as a download. */
import { saveBlob } from '../saveBlob';
import type { Cell, Experiment } from '../../shared/experiment';
import type { State } from '../../store/slices';

const TYPES = { html: 'text/html', csv: 'text/csv', json: 'application/json' } as const;

/** What writes a report is fetched when one is wanted: it is no part of the page. */
async function written(kind: keyof typeof TYPES, experiment: Experiment, cells: readonly Cell[]): Promise<string> {
  const { reportCsv, reportHtml, reportJson } = await import('./report');
  return kind === 'csv' ? reportCsv(cells) : (kind === 'html' ? reportHtml : reportJson)(experiment, cells);
}

export async function saveReport(id: string, { experiments }: State, kind: keyof typeof TYPES): Promise<void> {
  const entry = experiments.list.find((e) => e.experiment.id === id);
  if (!entry) return;
  const blob = new Blob([await written(kind, entry.experiment, entry.cells)], { type: TYPES[kind] });
  saveBlob(blob, `sieve-experiment-${id}.${kind}`);
}
