/** What a run has shown beyond its curves: its best checkpoint on the dev split, and modules that skip every token. */
import { type RunConfig, isGated, learnsThreshold } from '../shared/config';
import { texts } from '../shared/texts';
import type { MetricLog } from '../store/metricLog';
import { type SessionView, isLive } from '../store/slices';
import { RunMark, Scroll } from './bits';
import { compact, fixed } from './format';
import { Phrase } from './Phrase';
import { useSel, useStudio } from './studioContext';

export function RunSigns({ session }: { session: SessionView }) {
  const t = texts().train.dev;
  const { runs } = session.config;
  const named = runs.map((run, i) => ({ run, index: i + 1, metricLog: session.metricLogs.get(run.id)! }));
  const withDev = named.filter((n) => n.metricLog.dev !== null);
  const shrunk = named.filter((n) => n.metricLog.shrunk !== null);
  const skipsAll = named.filter((n) => n.metricLog.skipsAll.length > 0);
  return (
    <>
      {withDev.length > 0 && (
        <Scroll label={t.label}>
          <table className="grid" data-testid="dev-table">
            <caption>{t.caption}</caption>
            <thead>
              <tr>
                <th scope="col">{t.run}</th>
                <th scope="col" className="num">
                  {t.best}
                </th>
                <th scope="col" className="num">
                  {t.loss}
                </th>
                <th scope="col" className="num">
                  {t.latest}
                </th>
              </tr>
            </thead>
            <tbody>
              {withDev.map(({ run, index, metricLog }) => (
                <tr key={run.id}>
                  <th scope="row">
                    <RunMark index={index} />
                    {run.name}
                  </th>
                  <td className="num">{metricLog.dev!.best.step}</td>
                  <td className="num">{fixed(metricLog.dev!.best.loss)}</td>
                  <td className="num">{t.at(fixed(metricLog.dev!.loss), metricLog.dev!.step)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="help">{t.help}</p>
        </Scroll>
      )}
      {shrunk.length > 0 && <Shrunk runs={shrunk} />}
      {skipsAll.map(({ run, index, metricLog }) => (
        <SkipsAllPanel
          key={run.id}
          index={index}
          name={run.name}
          runId={run.id}
          metricLog={metricLog}
          opens={isGated(run) && learnsThreshold(run.gate)}
        />
      ))}
    </>
  );
}

/** The scales that adapters were given after training. */
function Shrunk({ runs }: { runs: { run: RunConfig; index: number; metricLog: MetricLog }[] }) {
  const t = texts().train.shrunk;
  return (
    <Scroll label={t.label}>
      <table className="grid" data-testid="shrunk-table">
        <caption>{t.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t.run}</th>
            {[t.scale, t.alpha, t.before, t.after].map((label) => (
              <th key={label} scope="col" className="num">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map(({ run, index, metricLog: { shrunk } }) => (
            <tr key={run.id}>
              <th scope="row">
                <RunMark index={index} />
                {run.name}
              </th>
              <td className="num">{compact(shrunk!.scale)}</td>
              <td className="num">{compact(run.alpha * shrunk!.scale)}</td>
              <td className="num">{fixed(shrunk!.before)}</td>
              <td className="num">{fixed(shrunk!.loss)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="help">{t.help}</p>
    </Scroll>
  );
}

function SkipsAllPanel({
  index,
  name,
  runId,
  metricLog,
  opens,
}: {
  index: number;
  name: string;
  runId: string;
  metricLog: MetricLog;
  opens: boolean;
}) {
  const t = texts().train.skipsAll;
  const studio = useStudio();
  const live = useSel((s) => isLive(s.runs.phase));
  const experiment = useSel((s) => s.experiments.running !== null);
  return (
    <details className="panel" data-testid={`skips-all-${runId}`} open={metricLog.skipsAll.length <= 4 || undefined}>
      <summary>
        <RunMark index={index} />
        {t.title(name, metricLog.skipsAll.length)}
      </summary>
      <div className="stack tight">
        <p className="help">{experiment ? t.helpExperiment : t.help}</p>
        <ul className="plain-list">
          {metricLog.skipsAll.map(({ module, reason }) => {
            const m = metricLog.modules[module];
            const what = m ? t.module(m.layer, m.kind) : t.numbered(module);
            return (
              <li key={module} className="row">
                <span>
                  <Phrase of={t.reason[reason]} module={<strong>{what}</strong>} />
                </span>
                {opens && !experiment && (
                  <button
                    type="button"
                    className="small"
                    disabled={!live}
                    onClick={() => void studio.training.resetTau(runId, module)}
                    aria-label={t.resetOne(what, name)}
                  >
                    {t.reset}
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </details>
  );
}
