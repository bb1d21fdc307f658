/**
 * How the watched text, or picture, of a run looked at its earlier evaluations: what plays as a step is chosen, or a
 * recording goes on.
 */
import type { TrainEvent } from '../train/protocol';

export type WatchEvent = Extract<TrainEvent, { type: 'watch' }>;

/** What changes from one evaluation to the next; the rest is what the latest state has. */
export type WatchState = Pick<WatchEvent, 'step' | 'active' | 'ratio' | 'tau'>;

/** Values (modules × tokens) of earlier states that are kept of a run. When there are more, every second state goes. */
export const TRAIL_VALUES = 100_000;

/** Whether two states are of the same text or picture, in the same modules. */
const sameWatched = (a: WatchEvent, b: WatchEvent): boolean =>
  a.active.length === b.active.length &&
  a.tokens.length === b.tokens.length &&
  a.picture?.example === b.picture?.example &&
  (a.tokens === b.tokens || a.tokens.every((token, i) => token === b.tokens[i]));

/**
 * The states that are kept once `now` is the latest.
 * @param trail those that are kept so far, in order of their steps
 * @param latest the one that was the latest until now
 * @param evaluated whether it is of an evaluation: others are not kept
 */
export function nextTrail(
  trail: readonly WatchEvent[],
  latest: WatchEvent,
  now: WatchEvent,
  evaluated: boolean,
): WatchEvent[] {
  if (!sameWatched(latest, now)) return [];
  // A session that goes on from a checkpoint repeats steps.
  const kept = trail.filter((state) => state.step < now.step);
  const most = Math.floor(TRAIL_VALUES / Math.max(1, now.active.length));
  const apart = kept.length > 1 ? kept[1].step - kept[0].step : 1;
  const due = kept.length === 0 || latest.step - kept.at(-1)!.step >= apart;
  if (!evaluated || !due || latest.step >= now.step || most < 2) return kept;
  kept.push(latest);
  return kept.length > most ? kept.filter((_, i) => i % 2 === 0) : kept;
}

/** Without what every state has of the latest. */
export const trailStates = (trail: readonly WatchEvent[]): WatchState[] =>
  trail.map(({ step, active, ratio, tau }) => ({ step, active, ratio, tau }));

/** The counterpart of `trailStates`. */
export const trailOf = (latest: WatchEvent | null, states: readonly WatchState[]): WatchEvent[] =>
  latest ? states.map((state) => ({ ...latest, ...state })) : [];
