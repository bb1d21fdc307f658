/** What the page would prepare with, but for mapping and template: tests say what is theirs on top. */
import type { PrepareOptions } from '../../shared/data';
import { NO_REPAIRS } from '../repair';

export const USUAL_OPTIONS: Omit<PrepareOptions, 'mapping' | 'template'> = {
  completionOnly: true,
  maxSequenceLength: 64,
  validationShare: 0.1,
  seed: 1,
  maxExamples: 20_000,
  stratify: true,
  repairs: NO_REPAIRS,
  edits: { excluded: [], changed: [] },
};
