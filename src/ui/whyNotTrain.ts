/** What stands in the way of a run. */
import { texts } from '../shared/texts';
import { say } from '../shared/texts/say';
import { computesWrongly } from '../store/device';
import type { ModelInfo, State } from '../store/slices';
import { compact } from './format';

/** What is missing before Train can be pressed, in a sentence; null where nothing is. */
export function whyNotTrain({ model, dataset, runs, experiments }: State): string | null {
  const t = texts().train.missing;
  if (experiments.running !== null) return t.experiment;
  if (runs.draftError) return t.settings(say(runs.draftError));
  if (model.moving) return t.waiting;
  if (model.status !== 'ready') return model.status === 'opening' || model.status === 'none' ? t.waiting : t.model;
  if (computesWrongly(model) && model.info) return wrong(model.info);
  const { wanted } = dataset;
  if (wanted) return wanted.state === 'reading' ? t.reading(wanted.name) : t.wanted(wanted.name);
  if (dataset.train === null && !dataset.preparing) return t.data;
  return null;
}

/** What the check of the model found, with its numbers. */
function wrong({ check, gradients }: ModelInfo): string {
  const t = texts().train.missing;
  if (!check.ok || gradients?.state !== 'differs')
    return t.wrongLogits(compact(check.relativeError), compact(check.tolerance));
  return t.wrongGradients(compact(gradients.gradientError), compact(gradients.gradientTolerance));
}
