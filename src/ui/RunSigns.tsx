/** What a run has shown beyond its curves: its best checkpoint on the dev split, and modules that skip every token. */
import { isGated, learnsThreshold } from '../shared/config';
import { texts } from '../shared/texts';
import type { RunHistory } from '../store/history';
import { type SessionView, isLive } from '../store/slices';
import { RunMark, Scroll } from './bits';
import { fixed } from './format';
import { Phrase } from './Phrase';
import { useSel, useStudio } from './studioContext';

export function RunSigns({ session }: { session: SessionView }) {
  const t = texts().train.dev;
  const { runs } = session.experiment;
  const named = runs.map((run, i) => ({ run, index: i + 1, history: session.histories.get(run.id)! }));
  const sliced = named.filter((n) => n.history.slice !== null);
  const closed = named.filter((n) => n.history.closed.length > 0);
  return (
    <>
      {sliced.length > 0 && (
        <Scroll label={t.label}>
          <table className="grid" data-testid="slice-table">
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
              {sliced.map(({ run, index, history }) => (
                <tr key={run.id}>
                  <th scope="row">
                    <RunMark index={index} />
                    {run.name}
                  </th>
                  <td className="num">{history.slice!.best.step}</td>
                  <td className="num">{fixed(history.slice!.best.loss)}</td>
                  <td className="num">{t.at(fixed(history.slice!.loss), history.slice!.step)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="help">{t.help}</p>
        </Scroll>
      )}
      {closed.map(({ run, index, history }) => (
        <Closed
          key={run.id}
          index={index}
          name={run.name}
          runId={run.id}
          history={history}
          opens={isGated(run) && learnsThreshold(run.gate)}
        />
      ))}
    </>
  );
}

function Closed({
  index,
  name,
  runId,
  history,
  opens,
}: {
  index: number;
  name: string;
  runId: string;
  history: RunHistory;
  opens: boolean;
}) {
  const t = texts().train.skipsAll;
  const studio = useStudio();
  const live = useSel((s) => isLive(s.runs.phase));
  const study = useSel((s) => s.studies.running !== null);
  return (
    <details className="panel" data-testid={`closed-${runId}`} open={history.closed.length <= 4 || undefined}>
      <summary>
        <RunMark index={index} />
        {t.title(name, history.closed.length)}
      </summary>
      <div className="stack tight">
        <p className="help">{study ? t.helpExperiment : t.help}</p>
        <ul className="plain-list">
          {history.closed.map(({ module, reason }) => {
            const m = history.modules[module];
            const what = m ? t.module(m.layer, m.kind) : t.numbered(module);
            return (
              <li key={module} className="row">
                <span>
                  <Phrase of={t.reason[reason]} module={<strong>{what}</strong>} />
                </span>
                {opens && !study && (
                  <button
                    type="button"
                    className="small"
                    disabled={!live}
                    onClick={() => void studio.reopen(runId, module)}
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
