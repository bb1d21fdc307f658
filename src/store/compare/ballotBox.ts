/** Where the votes lie between two visits: the browser's small storage, if it lets the page have one. */
import { type Ballot, ballotSchema } from './vote';

export interface BallotBox {
  /** The votes of an earlier visit; null where there are none that can be read. */
  load(): Ballot | null;
  /** Null throws them away. */
  save(ballot: Ballot | null): void;
}

const KEY = 'sieve-vote';

export const browserBallotBox: BallotBox = {
  load() {
    if (typeof localStorage === 'undefined') return null;
    try {
      const text = localStorage.getItem(KEY);
      if (text === null) return null;
      const found = ballotSchema.safeParse(JSON.parse(text));
      if (!found.success) console.info('votes of another version are left alone', found.error.issues[0]);
      return found.data ?? null;
    } catch (error) {
      console.info('votes of an earlier visit cannot be read', error);
      return null;
    }
  },
  save(ballot) {
    try {
      if (ballot) localStorage.setItem(KEY, JSON.stringify(ballot));
      else localStorage.removeItem(KEY);
    } catch (error) {
      console.info('votes are not kept over a reload', error);
    }
  },
};
