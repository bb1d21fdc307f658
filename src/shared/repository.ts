/** Repositories of a hub: their ids, and what is pushed to one. Plain data for page and worker. */

const OWNER_OR_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;

/** Whether `id` has the form of the hub's ids, in so many parts (`owner/name`: two). */
export function isRepositoryId(id: string, parts = 2): boolean {
  const all = id.split('/');
  return all.length === parts && all.every((p) => OWNER_OR_NAME.test(p)) && !id.includes('..') && !id.includes('--');
}

/** Who sees a repository that is new. */
export const VISIBILITIES = ['private', 'public'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** Where files are pushed to. */
export interface PushTarget {
  /** The hub's address, as a model's source has it. */
  host: string;
  /** `owner/name` */
  repository: string;
  /** Makes a new one; null adds to one that is there. */
  create: Visibility | null;
}

export interface PushFile {
  /** In the repository. */
  path: string;
  content: Blob;
}

/** What a push is about: it makes the repository, hashes large files, sends them, and commits. */
type PushStep = 'creating' | 'hashing' | 'sending' | 'committing';

export interface PushProgress {
  step: PushStep;
  /** Bytes of the files that this step is through with, of `total`. */
  done: number;
  total: number;
}
