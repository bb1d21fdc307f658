/** Sieve afterwards: a finished adapter, how much of it is skipped, and what that does to the validation loss. */
import { useEffect, useId, useState } from 'react';
import { SIEVE_WAYS } from '../../shared/sieve';
import { texts } from '../../shared/texts';
import { CURVE_SHARES, MOST_SKIPPED } from '../../store/sieve/sieve';
import { type SessionView, isLive } from '../../store/slices';
import { Empty, Segmented, SelectField } from '../bits';
import { Figure } from '../charts/Figure';
import { fixed, percent, signed } from '../format';
import { saveBlob } from '../saveBlob';
import { useSel, useStudio } from '../studioContext';
import { gatedPoints, skipCurve, skipLines } from './skipCurve';

const HEIGHT = 260;
/** Rest of the slider after which it is looked, in ms. */
const REST = 120;

interface Props {
  /** What can be given gates: runs of the session, or adapters that came as files. */
  adapters: readonly { id: string; name: string }[];
  /** Whose gated runs are points beside the curves; null for adapters that came as files. */
  session: SessionView | null;
  /** Whether it can be seen: what it shows is made then. */
  shown: boolean;
}

export function SievePanel({ adapters, session, shown }: Props) {
  const t = texts().sieve;
  const { sieve } = useStudio();
  const live = useSel((s) => isLive(s.runs.phase));
  const ended = useSel(({ runs: { phase } }) => !session || phase === 'finished' || phase === 'stopped');
  const state = useSel((s) => s.sieve);
  const mine = useSel((s) => s.sieve.session === s.runs.session);
  const [chosen, choose] = useState<string | null>(null);
  const adapter = adapters.find((r) => r.id === chosen) ?? adapters.at(0);
  const id = adapter?.id;
  const opened = mine && state.runId === id;
  useEffect(() => {
    if (shown && ended && !live && !opened && id !== undefined) void sieve.open(id);
  }, [shown, ended, live, opened, id, sieve]);
  if (!adapter) return <Empty>{t.none}</Empty>;
  if (live || !ended) return <Empty>{t.waiting}</Empty>;
  if (!opened || !state.info) return <Empty>{t.opening}</Empty>;
  const { info, way, busy, dataName } = state;
  return (
    <div className="stack" data-testid="sieve">
      <p className="help">
        {t.what(info.examples, info.calibration, info.dev)} {dataName !== null && t.of(dataName)}
      </p>
      <div className="fields">
        {adapters.length > 1 && (
          <SelectField
            label={t.run}
            value={adapter.id}
            onChange={choose}
            options={adapters.map((r) => ({ value: r.id, label: r.name }))}
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
function Curve({ session }: { session: SessionView | null }) {
  const t = texts().sieve;
  const { points, at } = useSel((s) => s.sieve);
  const lines = skipLines(points);
  const runs = session ? gatedPoints(session) : [];
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
