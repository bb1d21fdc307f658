import { modelFor } from '../shared/classHead';
import { tellsClasses } from '../shared/model';
import type { State } from '../store/slices';
import { useSel } from './studioContext';

/**
 * Whether classes are told apart by a head, so that no text is written: by what the form would train, or what the
 * session on the page did.
 */
export function tellsClassesIn({ model, runs }: State, by: 'form' | 'session'): boolean {
  const train = by === 'form' ? runs.draft.train : runs.session?.config.train;
  return model.info !== null && tellsClasses(modelFor(model.info.config, train?.taskType ?? 'CAUSAL_LM'));
}

export const useTellsClasses = (by: 'form' | 'session'): boolean => useSel((s) => tellsClassesIn(s, by));
