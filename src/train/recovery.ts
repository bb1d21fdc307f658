/**
 * What becomes of a run whose numbers are not finite. The optimizer has left such a step out by itself, so nothing is
 * broken yet: one bad batch costs a step. After three in a row the run goes back to its last good adapter at half the
 * learning rate, twice at most; then it ends.
 */

/** Bad steps in a row after which a run goes back. */
const MOST_BAD = 3;
/** How often a run may go back. */
const MOST_RETURNS = 2;

/** Plain data, saved with the session. */
export interface RecoveryState {
  /** Bad steps in a row. */
  bad: number;
  /** Bad steps of the whole run. */
  skipped: number;
  /** How often the run has gone back. */
  returns: number;
  /** The step before which it goes back; null where it need not. Steps count from 1. */
  due: number | null;
  /** Results of steps up to here are of an adapter that is given up. */
  past: number;
}

/** What to do after a step: nothing; say that it was skipped; go back before step `due`; end the run. */
export type StepVerdict = 'fine' | 'skipped' | 'back' | 'end';

export class Recovery {
  readonly #s: RecoveryState;

  constructor(state: RecoveryState = { bad: 0, skipped: 0, returns: 0, due: null, past: 0 }) {
    this.#s = { ...state };
  }

  state(): RecoveryState {
    return { ...this.#s };
  }

  /** The factor of the learning rate. */
  get rate(): number {
    return 0.5 ** this.#s.returns;
  }

  get skipped(): number {
    return this.#s.skipped;
  }

  /** Bad steps in a row so far. */
  get bad(): number {
    return this.#s.bad;
  }

  /**
   * To be told of every step. Its result arrives while the next one runs, or, where the session was saved in between,
   * before: the run goes back before the step after that, so that both do the same.
   * @param step from 1
   */
  after(step: number, finite: boolean): StepVerdict {
    const s = this.#s;
    if (finite) {
      if (s.due === null && step > s.past) s.bad = 0;
      return 'fine';
    }
    s.skipped++;
    if (s.due !== null || step <= s.past) return 'skipped';
    s.bad++;
    if (s.bad < MOST_BAD) return 'skipped';
    if (s.returns === MOST_RETURNS) return 'end';
    s.due = step + 2;
    return 'back';
  }

  /** Whether the run goes back now, before `step` (from 1); null: before whatever comes. */
  isDue(step: number | null): boolean {
    const { due } = this.#s;
    return due !== null && (step === null || step >= due);
  }

  /** It has gone back. @param sent steps that were sent before */
  wentBack(sent: number): void {
    Object.assign(this.#s, { bad: 0, due: null, past: sent, returns: this.#s.returns + 1 });
  }
}
