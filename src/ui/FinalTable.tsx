/** Numbers of all runs so far, with differences to the first run. */
import { type RunHistory, totalSkipped } from '../store/history';
import { RunMark, Scroll } from './bits';
import { fixed, percent, signed } from './format';
import { useSel } from './studioContext';

export function FinalTable() {
  const session = useSel((s) => s.runs.session);
  useSel((s) => s.runs.version);
  if (!session) return null;
  const { experiment, histories } = session;
  const base = histories.get('base')?.evals.at(-1) ?? null;
  const runs = experiment.runs.map((config) => ({ config, history: histories.get(config.id)! }));
  if (!base && runs.every((r) => r.history.evals.length === 0)) return null;
  const first = lastEval(runs[0].history);
  return (
    <Scroll label="Numbers side by side">
      <table className="grid" data-testid="final-table">
        <caption>Numbers side by side, on {base?.examples ?? first?.examples ?? '–'} held-out examples</caption>
        <thead>
          <tr>
            <th scope="col">Run</th><th scope="col" className="num">Step</th><th scope="col" className="num">Loss</th><th scope="col" className="num">Perplexity</th>
            <th scope="col" className="num">Against base</th><th scope="col" className="num">Against {experiment.runs[0].name}</th>
            <th scope="col" className="num">Best loss</th><th scope="col" className="num">Skipped, held out</th><th scope="col" className="num">Adapter work saved</th>
          </tr>
        </thead>
        <tbody>
          {base && (
            <tr>
              <th scope="row"><RunMark index={0} />Base</th><td className="num">–</td><td className="num" data-testid="final-base">{fixed(base.loss)}</td><td className="num">{fixed(Math.exp(base.loss), 1)}</td>
              <td className="num">–</td><td className="num">{first ? signed(base.loss - first.loss) : '–'}</td><td className="num">–</td><td className="num">–</td><td className="num">–</td>
            </tr>
          )}
          {runs.map(({ config, history }, i) => {
            const e = lastEval(history);
            const best = history.evals.length > 0 ? history.evals.reduce((a, b) => (b.loss < a.loss ? b : a)) : null;
            return (
              <tr key={config.id}>
                <th scope="row"><RunMark index={i + 1} />{config.name}</th>
                <td className="num">{e?.step ?? '–'}</td>
                <td className="num" data-testid={`final-${config.id}`}>{fixed(e?.loss)}</td>
                <td className="num">{e ? fixed(Math.exp(e.loss), 1) : '–'}</td>
                <td className="num">{e && base ? signed(e.loss - base.loss) : '–'}</td>
                <td className="num">{i > 0 && e && first ? signed(e.loss - first.loss) : '–'}</td>
                <td className="num">{best ? `${fixed(best.loss)} (step ${best.step})` : '–'}</td>
                <td className="num" data-testid={`skipped-${config.id}`}>{e?.gate ? percent(totalSkipped(e.gate), 1) : '–'}</td>
                <td className="num">{history.gate && history.workDense > 0 ? percent(1 - history.workDone / history.workDense, 1) : '–'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="help">One seed is a sign, not a result: try another before you believe a small difference.</p>
    </Scroll>
  );
}

function lastEval(history: RunHistory) {
  return history.evals.at(-1) ?? null;
}
