/** What a run has shown beyond its curves: its best adapter on the slice, and modules whose gates closed for good. */
import { isGated, learnsThreshold } from '../shared/config';
import type { RunHistory } from '../store/history';
import { type Session, isLive } from '../store/slices';
import { RunMark, Scroll } from './bits';
import { fixed } from './format';
import { useSel, useStudio } from './studioContext';

/** Why a module closed, in words that follow its name. */
const REASONS: Record<RunHistory['closed'][number]['reason'], string> = {
  'no-update': 'its update is still zero, and what is skipped never learns: let τ wait longer',
  harmful: 'by the last prices its updates would raise the loss',
  stuck: 'its threshold stands above every update, and what is skipped never learns',
};

export function RunSigns({ session }: { session: Session }) {
  const { runs } = session.experiment;
  const named = runs.map((run, i) => ({ run, index: i + 1, history: session.histories.get(run.id)! }));
  const sliced = named.filter((n) => n.history.slice !== null);
  const closed = named.filter((n) => n.history.closed.length > 0);
  return (
    <>
      {sliced.length > 0 && (
        <Scroll label="Best on the slice">
          <table className="grid" data-testid="slice-table">
            <caption>Best adapter so far, by the loss on the slice that no run learns from</caption>
            <thead><tr><th scope="col">Run</th><th scope="col" className="num">Best at step</th><th scope="col" className="num">Loss there</th><th scope="col" className="num">Latest</th></tr></thead>
            <tbody>
              {sliced.map(({ run, index, history }) => (
                <tr key={run.id}>
                  <th scope="row"><RunMark index={index} />{run.name}</th>
                  <td className="num">{history.slice!.best.step}</td><td className="num">{fixed(history.slice!.best.loss)}</td><td className="num">{fixed(history.slice!.loss)} at {history.slice!.step}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="help">Every run ends with its best one.</p>
        </Scroll>
      )}
      {closed.map(({ run, index, history }) => <Closed key={run.id} index={index} name={run.name} runId={run.id} history={history} opens={isGated(run) && learnsThreshold(run.gate)} />)}
    </>
  );
}

function Closed({ index, name, runId, history, opens }: { index: number; name: string; runId: string; history: RunHistory; opens: boolean }) {
  const studio = useStudio();
  const live = useSel((s) => isLive(s.runs.phase));
  const study = useSel((s) => s.studies.running !== null);
  return (
    <details className="panel" data-testid={`closed-${runId}`} open={history.closed.length <= 4 || undefined}>
      <summary><RunMark index={index} />{name}: {history.closed.length} {history.closed.length === 1 ? 'module has' : 'modules have'} closed for good</summary>
      <div className="stack tight">
        <p className="help">Their gates have kept no token for a while. Opening one sets its threshold back to 0; the rule goes on from there.{study ? ' In an experiment they are left as they are, so that its runs can be repeated.' : ''}</p>
        <ul className="plain-list">
          {history.closed.map(({ module, reason }) => {
            const m = history.modules[module];
            const what = m ? `Layer ${m.layer}, ${m.kind}` : `Module ${module}`;
            return (
              <li key={module} className="row">
                <span><strong>{what}</strong>: {REASONS[reason]}.</span>
                {opens && !study && <button type="button" className="small" disabled={!live} onClick={() => void studio.reopen(runId, module)} aria-label={`Reopen ${what.toLowerCase()} of ${name}`}>Reopen</button>}
              </li>
            );
          })}
        </ul>
      </div>
    </details>
  );
}
