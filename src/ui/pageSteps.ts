/** The sections of the page, in order. */
import type { Section } from '../store/slices';

export const PAGE_STEPS: readonly Section[] = [
  'model',
  'data',
  'configure',
  'train',
  'inspect',
  'compare',
  'experiment',
  'history',
];
