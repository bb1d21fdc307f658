/** What is done with finished adapters, as the page shows it. */
import type { Attribution } from '../../shared/attribution';
import type { SieveInfo, SievePoint, SieveWay } from '../../shared/sieve';
import type { RunId } from '../../train/protocol';

/** A finished adapter that is given gates, see `sieve.ts`. */
export interface SieveSlice {
  /** The session on the page when it was opened: the worker has nothing of it any more where that is another one. */
  session: object | null;
  runId: RunId | null;
  /** The data set that it is measured with, where that is not the session's own. */
  dataName: string | null;
  /** null while it is being prepared. */
  info: SieveInfo | null;
  way: SieveWay;
  /** Points of the curves that are drawn, by share. */
  points: Partial<Record<SieveWay, SievePoint[]>>;
  /** Where the slider stands, and what was found there. */
  share: number;
  at: SievePoint | null;
  busy: boolean;
}

export const NO_SIEVE: SieveSlice = {
  session: null,
  runId: null,
  dataName: null,
  info: null,
  way: 'ratio',
  points: {},
  share: 0.5,
  at: null,
  busy: false,
};

/** What updates are worth, see `attribution.ts`. */
export interface AttributionSlice {
  /** Metric logs of the session that this is of; out of date where the page shows another one. */
  of: object | null;
  /** By run: on the text that was watched, and on validation examples. */
  texts: Readonly<Record<RunId, Attribution>>;
  modules: Readonly<Record<RunId, Attribution>>;
  /** What is being measured, and how many passes of it are done. */
  busy: { runId: RunId; what: 'text' | 'modules'; done: number; all: number } | null;
}

export const NO_ATTRIBUTION: AttributionSlice = { of: null, texts: {}, modules: {}, busy: null };
