/** What stands in the way of a run. */
import { texts } from '../shared/texts';
import { computesWrongly } from '../store/device';
import type { State } from '../store/slices';

/** What is missing before Train can be pressed, in a sentence; null where nothing is. */
export function whyNotTrain({ model, dataset, runs, studies }: State): string | null {
  const t = texts().train.missing;
  if (studies.running !== null) return t.experiment;
  if (runs.draftError) return t.settings(runs.draftError);
  if (model.moving) return t.waiting;
  if (model.status !== 'ready') return model.status === 'opening' || model.status === 'none' ? t.waiting : t.model;
  if (computesWrongly(model)) return t.wrong;
  const { wanted } = dataset;
  if (wanted) return wanted.state === 'reading' ? t.reading(wanted.name) : t.wanted(wanted.name);
  if (dataset.train === null && !dataset.preparing) return t.data;
  return null;
}
