/** The run that the export dialog is about. */
import { modelFor } from '../../shared/classHead';
import { drawsTokens } from '../../shared/config';
import { type Exportable, keepsGates } from '../../shared/exports';
import { tellsClasses } from '../../shared/model';
import type { SnippetParts } from '../../shared/snippets';
import type { State } from '../../store/slices';
import { useSel } from '../studioContext';

export interface Subject extends Exportable, SnippetParts {
  runId: string;
}

interface Parts extends Pick<State['runs'], 'session' | 'imported'> {
  exportOf: State['ui']['exportOf'];
  info: State['model']['info'];
  /** Of the data set that is open. */
  template: State['dataset']['template'];
}

export function useSubject(): Subject | null {
  return subjectOf({
    exportOf: useSel((s) => s.ui.exportOf),
    session: useSel((s) => s.runs.session),
    imported: useSel((s) => s.runs.imported),
    info: useSel((s) => s.model.info),
    template: useSel((s) => s.dataset.template),
  });
}

/** Null where no run is asked for, or it is gone. */
export function subjectOf({ exportOf, session, imported: all, info, template }: Parts): Subject | null {
  const imported = all.find((r) => r.runId === exportOf);
  const run = session?.config.runs.find((r) => r.id === exportOf);
  if (exportOf === null || !info || (!run && !imported)) return null;
  const { source } = info;
  // Under the head that it was trained with, which the open model's file need not have.
  const config = imported
    ? modelFor(info.config, imported.labels ? 'SEQ_CLS' : 'CAUSAL_LM', imported.labels)
    : modelFor(info.config, session!.config.train.taskType, session!.classes);
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
