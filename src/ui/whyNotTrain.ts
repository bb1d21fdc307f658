/** What stands in the way of a run. */
import type { State } from '../store/slices';

/** What is missing before Train can be pressed, in a sentence; null where nothing is. */
export function whyNotTrain({ model, dataset, runs, studies }: State): string | null {
  if (studies.running !== null) return 'An experiment is under way: see under Experiment.';
  if (runs.draftError) return `Correct this first: ${runs.draftError}.`;
  if (model.gpu === 'no-webgpu' || model.gpu === 'no-adapter') return 'Training needs WebGPU: see under Model.';
  if (model.status !== 'ready') return model.status === 'opening' || model.status === 'none' ? 'Waiting for the model…' : 'Open a model first.';
  if (dataset.train === null && !dataset.preparing) return 'Choose data first.';
  return null;
}
