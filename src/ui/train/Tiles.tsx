/** What a session has come to: in large numbers, and once it is over in a sentence, with what can be done next. */
import { isGated } from '../../shared/config';
import { texts } from '../../shared/texts';
import type { MetricLog } from '../../store/metricLog';
import { hashOf } from '../../store/route';
import { type SessionView, isLive } from '../../store/slices';
import { REPEATED } from '../../store/experiments/presets';
import { RunMark } from '../bits';
import { goTo } from '../frame/router';
import { count, fixed, percent, signed } from '../format';
import { SkipSummary } from '../sieve/SkipSummary';
import { useSel, useStudio } from '../studioContext';
import { tellsLabels } from './tellsLabels';

interface Props {
  session: SessionView;
  /** Counts up when the metricLogs have grown: all of the screen is of the same moment. */
  version: number;
  /** The run with gates that is looked at. */
  gated: MetricLog | null;
}

const accuracyOf = (run: MetricLog | undefined) => {
  const last = run?.accuracy.at(-1);
  return last ? last.right / last.examples : null;
};
const lossOf = (run: MetricLog | undefined) => run?.evals.at(-1)?.loss ?? null;

/** Skipped share of the latest step that was kept, over all modules; each of them sees the same tokens. */
function skippedNow({ skipped }: MetricLog): number | null {
  if (!skipped || skipped.rows === 0) return null;
  return skipped.row(skipped.rows - 1).reduce((sum, share) => sum + share, 0) / skipped.modules;
}

export function Tiles({ session, gated }: Props) {
  const t = texts().frame.live;
  const { runs } = session.config;
  const [first] = runs;
  const firstLoss = lossOf(session.metricLogs.get(first.id));
  const accuracies = runs.map((r) => accuracyOf(session.metricLogs.get(r.id)));
  const speed = runs.reduce((sum, r) => sum + (session.metricLogs.get(r.id)?.speed()?.tokensPerSecond ?? 0), 0);
  return (
    <dl className="tiles num" aria-label={t.tiles}>
      {runs.map((run, i) => {
        const loss = lossOf(session.metricLogs.get(run.id));
        return (
          <div key={run.id} className="tile" data-testid={`tile-${run.id}`}>
            <dt>
              <RunMark index={i + 1} />
              {t.validation(run.name)}
            </dt>
            <dd>
              {fixed(loss)}
              {i > 0 && loss !== null && firstLoss !== null && (
                <small title={t.difference(signed(loss - firstLoss), first.name)}> {signed(loss - firstLoss)}</small>
              )}
            </dd>
          </div>
        );
      })}
      {tellsLabels(session) && (
        <div className="tile" data-testid="tile-accuracy">
          <dt>{texts().classification.tile}</dt>
          <dd>
            {percent(accuracies[0], 1)}
            {runs.slice(1).map((run, i) => {
              const [first, own] = [accuracies[0], accuracies[i + 1]];
              if (first === null || own === null) return null;
              return (
                <small key={run.id} title={`${run.name}: ${percent(own, 1)}`}>
                  {' '}
                  {signed((own - first) * 100, 1)}
                </small>
              );
            })}
          </dd>
        </div>
      )}
      {gated && (
        <div className="tile" data-testid="tile-skipped">
          <dt>{t.skipped}</dt>
          <dd>{percent(skippedNow(gated), 1)}</dd>
        </div>
      )}
      <div className="tile" data-testid="tile-speed">
        <dt>{t.speed}</dt>
        <dd>{count(speed > 0 ? speed : null)}</dd>
      </div>
    </dl>
  );
}

/** Once a session is over: what was gained for what, by the last evaluation; and the next actions. */
export function Verdict({ session, onCurve }: { session: SessionView; onCurve: () => void }) {
  const {
    frame: { verdict: t, place },
    classification,
    charts,
  } = texts();
  const studio = useStudio();
  const { runs, train } = session.config;
  const [first] = runs;
  const over = useSel((s) => !isLive(s.runs.phase) && s.runs.phase !== 'failed');
  const busy = useSel(
    (s) => s.experiments.running !== null || s.runs.draftError !== null || s.model.status !== 'ready',
  );
  const firstLoss = lossOf(session.metricLogs.get(first.id));
  const base = lossOf(session.metricLogs.get('base'));
  const gated = runs.find((r) => isGated(r) && r !== first);
  const metricLog = gated && session.metricLogs.get(gated.id);
  const loss = lossOf(metricLog);
  const sentence =
    metricLog?.skipped && loss !== null && firstLoss !== null
      ? t.gated({
          run: gated!.name,
          skipped: percent(skippedNow(metricLog)),
          difference: signed(loss - firstLoss),
          baseline: first.name,
        })
      : firstLoss !== null && base !== null
        ? t.plain({ run: first.name, difference: signed(firstLoss - base) })
        : null;
  if (sentence === null || !over) return null;
  const [compared, against] = metricLog ? [gated!, first] : [first, null];
  const [own, other] = [compared.id, against?.id ?? 'base'].map((id) => accuracyOf(session.metricLogs.get(id)));
  return (
    <div className="verdict" data-testid="verdict">
      <SkipSummary session={session} onOpen={onCurve} />
      <p title={t.oneSeed}>
        {sentence}{' '}
        {own !== null &&
          other !== null &&
          `${classification.verdict(compared.name, percent(own, 1), against?.name ?? charts.curves.base, percent(other, 1))} `}
        <span className="muted">{t.seed(train.seed)}</span>
      </p>
      <p className="row">
        <a className="button small" href={hashOf({ place: 'compare', tab: 'source' })}>
          {place.compare}
        </a>
        <button
          type="button"
          className="small"
          disabled={busy}
          data-testid="repeat"
          onClick={() => {
            goTo({ place: 'experiments', tab: 'findings' });
            void studio.experiments.start(REPEATED);
          }}
        >
          {t.repeat(REPEATED.seeds)}
        </button>
      </p>
    </div>
  );
}
