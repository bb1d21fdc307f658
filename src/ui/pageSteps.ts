/** The sections of the page, in order. */
import type { Section } from '../store/slices';

export const PAGE_STEPS: readonly { id: Section; label: string }[] = [
  { id: 'model', label: 'Model' },
  { id: 'data', label: 'Data' },
  { id: 'configure', label: 'Configure' },
  { id: 'train', label: 'Train' },
  { id: 'inspect', label: 'Inspect' },
  { id: 'compare', label: 'Compare' },
  { id: 'experiment', label: 'Experiment' },
  { id: 'history', label: 'History' },
];
