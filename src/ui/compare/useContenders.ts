/** What is compared, as the components of the section read it. */
import { names } from '../../shared/texts/names';
import { useMemo } from 'react';
import { type Contender, chosen, contenders } from '../../store/compare/contenders';
import { type State, isLive } from '../../store/slices';
import { useSel, useStudio } from '../studioContext';

export interface Compared {
  all: Contender[];
  shown: Contender[];
  /** What the others are compared with; null where nothing is shown. */
  reference: Contender | null;
}

/** Counts with everything that is shown here: while a run goes on its evaluations, and otherwise every change. */
function versionOf({ runs }: State): string {
  if (!isLive(runs.phase)) return String(runs.version);
  const all = [...(runs.session?.metricLogs.values() ?? [])];
  return `live ${all.reduce((n, h) => n + h.evals.length, 0)} ${all.filter((h) => h.step.length > 0).length}`;
}

export function useContenders(): Compared {
  const { store } = useStudio();
  const session = useSel((s) => s.runs.session);
  const imported = useSel((s) => s.runs.imported);
  const source = useSel((s) => s.model.source);
  const status = useSel((s) => s.model.status);
  const template = useSel((s) => s.dataset.template);
  const mapping = useSel((s) => s.dataset.mapping);
  const kept = useSel((s) => s.keep.runs);
  const added = useSel((s) => s.compare.added);
  const off = useSel((s) => s.compare.off);
  const reference = useSel((s) => s.compare.reference);
  const version = useSel(versionOf);
  const language = useSel((s) => s.ui.language);
  const all = useMemo(
    () => contenders(store.getState(), names),
    // The metricLogs grow in place: the version says when.
    // oxlint-disable-next-line react/exhaustive-deps
    [store, session, imported, source, status, template, mapping, kept, added, version, language],
  );
  // oxlint-disable-next-line react/exhaustive-deps
  return useMemo(() => ({ all, ...chosen(all, store.getState().compare) }), [all, off, reference, store]);
}
