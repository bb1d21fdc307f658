import type { ModelSource } from './types';

/** The revision of a hub's model that was chosen; null for the newest, and for what is not of a hub. */
export const chosenRevision = (source: ModelSource): string | null =>
  source.kind === 'hub' && source.revision !== 'main' ? source.revision : null;
