/** Sieve afterwards: a finished adapter, how much of it is skipped, and what that does to the validation loss. */
import { useEffect, useId, useState } from 'react';
import { isGated } from '../../shared/config';
import { SIEVE_WAYS } from '../../shared/sieve';
import { texts } from '../../shared/texts';
import { totalSkipped } from '../../store/metricLog';
import { CURVE_SHARES, MOST_SKIPPED, canSieve } from '../../store/sieve/sieve';
import { type SessionView, isLive } from '../../store/slices';
import { Empty, Segmented, SelectField } from '../bits';
import { Figure } from '../charts/Figure';
import { fixed, percent, signed } from '../format';
import { saveBlob } from '../saveBlob';
import { useSel, useStudio } from '../studioContext';
import { type SkipLine, skipCurve } from './skipCurve';

const HEIGHT = 260;
/** Rest of the slider after which it is looked, in ms. */
const REST = 120;

export function SievePanel({ session, shown }: { session: SessionView; shown: boolean }) {
  const t = texts().sieve;
  const { sieve } = useStudio();
  const runs = session.config.runs.filter((r) => canSieve(r) && !session.failed.has(r.id) && !session.gone?.has(r.id));
  const live = useSel((s) => isLive(s.runs.phase));
  const ended = useSel((s) => s.runs.phase === 'finished' || s.runs.phase === 'stopped');
  const state = useSel((s) => s.sieve);
  const mine = state.session === session;
  const [chosen, choose] = useState<string | null>(null);
  const run = runs.find((r) => r.id === chosen) ?? runs.at(0);
  const runId = run?.id;
  const opened = mine && state.runId === runId;
  useEffect(() => {
    if (shown && ended && !opened && runId !== undefined) void sieve.open(runId);
  }, [shown, ended, opened, runId, sieve]);
  if (!run) return <Empty>{t.none}</Empty>;
  if (live || !ended) return <Empty>{t.waiting}</Empty>;
  if (!opened || !state.info) return <Empty>{t.opening}</Empty>;
  const { info, way, busy } = state;
  return (
    <div className="stack" data-testid="sieve">
      <p className="help">{t.what(info.examples, info.calibration, info.dev)}</p>
      <div className="fields">
        {runs.length > 1 && (
          <SelectField
            label={t.run}
            value={run.id}
            onChange={choose}
            options={runs.map((r) => ({ value: r.id, label: r.name }))}
          />
        )}
        <Segmented
          label={t.way}
          value={way}
          onChange={(w) => void sieve.choose(w)}
          options={SIEVE_WAYS.filter((w) => info.ways.includes(w)).map((value) => ({ value, label: t.ways[value] }))}
        />
      </div>
      <p className="help">{t.does[way]}</p>
      <Curve session={session} />
      {busy && (
        <p className="muted" aria-live="polite">
          {t.drawing(state.points[way]?.length ?? 0, CURVE_SHARES.length)}
        </p>
      )}
      <Slider />
    </div>
  );
}

/** The curves that are there, and the runs that were trained with gates. */
function Curve({ session }: { session: SessionView }) {
  const t = texts().sieve;
  const { points, at } = useSel((s) => s.sieve);
  const lines = SIEVE_WAYS.flatMap((way, i): SkipLine[] => {
    const drawn = points[way] ?? [];
    return drawn.length > 0 ? [{ label: t.ways[way], mark: `mark-${i + 4}`, points: drawn }] : [];
  });
  const runs = session.config.runs.flatMap((run, i) => {
    const last = session.metricLogs.get(run.id)?.evals.at(-1);
    return isGated(run) && last?.gate
      ? [{ label: run.name, mark: `mark-${i + 1}`, skipped: totalSkipped(last.gate), loss: last.loss }]
      : [];
  });
  if (lines.length === 0) return null;
  return (
    <Figure
      title={t.title}
      name="sieve"
      draw={(width) =>
        skipCurve(lines, {
          title: t.title,
          width,
          height: HEIGHT,
          format: (v) => fixed(v),
          runs,
          at: at && !at.preview ? at : null,
        })
      }
      explain={() => [t.explain, ...(runs.length > 0 ? [t.explainRuns] : [])]}
      rows={() => [
        ['way', 'share', 'skipped share', 'validation loss'],
        ...SIEVE_WAYS.flatMap((way) => (points[way] ?? []).map((p) => [way, p.share, p.skipped, p.loss])),
        ...runs.map((r) => [r.label, '', r.skipped, r.loss]),
      ]}
    />
  );
}

/** How much is skipped, what it does, and the adapter with these gates as a file. */
function Slider() {
  const t = texts().sieve;
  const { sieve } = useStudio();
  const { info, at, share, busy } = useSel((s) => s.sieve);
  const [moved, move] = useState<number | null>(null);
  const id = useId();
  useEffect(() => {
    if (moved === null) return;
    const timer = setTimeout(() => void sieve.look(moved), REST);
    return () => clearTimeout(timer);
  }, [moved, sieve]);
  const shown = moved ?? share;
  return (
    <div className="stack tight">
      <label htmlFor={id}>{t.slider(percent(shown, 0))}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={MOST_SKIPPED * 100}
        step={1}
        value={Math.round(shown * 100)}
        onChange={(e) => move(Number(e.target.value) / 100)}
        data-testid="sieve-slider"
      />
      <p data-testid="sieve-at" aria-live="polite">
        {at
          ? at.preview
            ? t.preview(fixed(at.loss), percent(at.skipped, 1))
            : t.at(fixed(at.loss), signed(at.loss - info!.dense), percent(at.skipped, 1))
          : t.move}
      </p>
      <p>
        <button
          type="button"
          disabled={busy || at === null || at.preview}
          data-testid="sieve-save"
          onClick={() => void sieve.save().then((zip) => zip && saveBlob(zip.blob, zip.name))}
        >
          {t.save}
        </button>
      </p>
    </div>
  );
}
