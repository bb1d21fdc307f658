/** The run that the export dialog is about. */
import { drawsTokens } from '../../shared/config';
import { type Exportable, keepsGates } from '../../shared/exports';
import { modelFor } from '../../shared/classHead';
import { tellsClasses } from '../../shared/model';
import type { SnippetParts } from '../../shared/snippets';
import { useSel } from '../studioContext';

export interface Subject extends Exportable, SnippetParts {
  runId: string;
}

/** Null where no run is asked for, or it is gone. */
export function useSubject(): Subject | null {
  const exportOf = useSel((s) => s.ui.exportOf);
  const session = useSel((s) => s.runs.session);
  const imported = useSel((s) => s.runs.imported.find((r) => r.runId === s.ui.exportOf));
  const info = useSel((s) => s.model.info);
  const template = useSel((s) => s.dataset.template);
  const run = session?.config.runs.find((r) => r.id === exportOf);
  if (exportOf === null || !info || (!run && !imported)) return null;
  const { source } = info;
  // Whether an imported adapter brought a head is the worker's to say.
  const config = modelFor(info.config, run && session ? session.config.train.taskType : 'CAUSAL_LM');
  return {
    runId: exportOf,
    name: imported?.name ?? run!.name,
    method: imported?.method ?? run!.method,
    draws: run !== undefined && drawsTokens(run),
    gated: imported ? imported.gated : keepsGates(run!),
    model: config,
    file: info.file,
    template: imported?.template ?? session?.template ?? template,
    labels: tellsClasses(config) ? config.head.labels : null,
    pictures: config.embedding.patches !== null,
    base: source.id,
  };
}
