/** What a token set is made of, and how much that is. */
import type { TokenSet } from './types';

/** All arrays of a set. */
export const arraysOf = ({ ids, offsets, supervised, labels, pictures }: TokenSet) =>
  [ids, offsets, supervised, labels?.of, pictures?.values].filter((array) => array !== undefined);

/** Bytes of sets; none for those that are not there. */
export const bytesOfSets = (sets: readonly (TokenSet | null)[]): number =>
  sets.flatMap((set) => (set ? arraysOf(set) : [])).reduce((sum, { byteLength }) => sum + byteLength, 0);
