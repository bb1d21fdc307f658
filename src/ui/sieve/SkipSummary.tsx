/**
 * Beside what a session has come to: how the validation loss of its LoRA or DoRA rises as updates are skipped
 * afterwards, with the runs that were trained with gates as points. Made by itself where that is soon done, and it
 * gives way to whatever comes.
 */
import { useEffect } from 'react';
import { texts } from '../../shared/texts';
import { CURVE_SHARES, sievable } from '../../store/sieve/sieve';
import type { SessionView } from '../../store/slices';
import { DrawingView } from '../charts/drawing';
import { fixed, percent, signed } from '../format';
import { useSel, useStudio } from '../studioContext';
import { gatedPoints, skipCurve, skipLines } from './skipCurve';
import { secondsOfCurve } from './curveTime';

/** Rest of the page before it is made, in ms: whoever goes on at once does not pay for it. */
const REST = 3000;
/** What is made unasked takes no longer, in seconds. */
const SHORT = 30;
const [WIDTH, HEIGHT] = [132, 58];

export function SkipSummary({ session, onOpen }: { session: SessionView; onOpen: () => void }) {
  const t = texts().sieve;
  const { sieve } = useStudio();
  const run = sievable(session).at(0);
  const state = useSel((s) => s.sieve);
  const seen = useSel((s) => s.ui.route.place === 'train' && s.experiments.running === null);
  const mine = useSel((s) => s.sieve.session === s.runs.session);
  const id = run?.id;
  const soon =
    id !== undefined && !mine && session.gone === undefined && (secondsOfCurve(session, id) ?? Infinity) < SHORT;
  useEffect(() => {
    if (!soon || !seen) return;
    const timer = setTimeout(() => {
      if (!document.hidden) void sieve.open(id, true);
    }, REST);
    return () => clearTimeout(timer);
  }, [soon, seen, id, sieve]);
  const lines = mine && state.runId === id ? skipLines({ ratio: state.points.ratio }) : [];
  if (!run || lines.length === 0) return null;
  const points = state.points.ratio!;
  const half = points.find((p) => p.share === 0.5);
  const said = half
    ? t.half(run.name, percent(half.skipped), signed(half.loss - state.info!.dense))
    : t.drawing(points.length, CURVE_SHARES.length);
  return (
    <button
      type="button"
      className="skip-summary"
      title={`${said} ${t.open}`}
      data-testid="skip-summary"
      onClick={onOpen}
    >
      <DrawingView
        drawing={skipCurve(lines, {
          title: said,
          width: WIDTH,
          height: HEIGHT,
          format: (v) => fixed(v),
          runs: gatedPoints(session),
          at: null,
          small: true,
        })}
      />
    </button>
  );
}
