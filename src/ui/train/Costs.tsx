/** What a session has cost, and what its runs have shown beyond their curves. */
import { texts } from '../../shared/texts';
import { totalSkipped } from '../../store/metricLog';
import type { SessionView } from '../../store/slices';
import { RunMark, Scroll } from '../bits';
import { count, fixed, percent } from '../format';
import { KernelTable } from '../KernelTable';
import { RunSigns } from '../RunSigns';
import { useSel } from '../studioContext';

export function Costs({ session, recorded }: { session: SessionView; recorded: boolean }) {
  useSel((s) => s.runs.version);
  return (
    <div className="panel stack">
      <Work session={session} />
      <RunSigns session={session} />
      {!recorded && <KernelTable />}
    </div>
  );
}

/** Counted adapter work, beside what it is of a whole step. */
function Work({ session }: { session: SessionView }) {
  const t = texts().train.work;
  return (
    <Scroll label={t.label}>
      <table className="grid" data-testid="work-table">
        <caption>{t.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t.run}</th>
            <th scope="col" className="num">
              {t.loss}
            </th>
            <th scope="col" className="num">
              {t.skipped}
            </th>
            <th scope="col" className="num">
              {t.savedNow}
            </th>
            <th scope="col" className="num">
              {t.saved}
            </th>
            <th scope="col" className="num">
              {t.ofAll}
            </th>
            <th scope="col" className="num">
              {t.tokens}
            </th>
          </tr>
        </thead>
        <tbody>
          {session.config.runs.map((run, i) => {
            const h = session.metricLogs.get(run.id)!;
            const saved = h.workDense > 0 ? 1 - h.workDone / h.workDense : null;
            const ofStep = h.workStep > 0 ? (h.workDense - h.workDone) / h.workStep : null;
            return (
              <tr key={run.id}>
                <th scope="row">
                  <RunMark index={i + 1} />
                  {run.name}
                  {session.failed.has(run.id) && <span className="tag">{t.failed}</span>}
                  {h.stopped && (
                    <span className="tag" title={t.notBetter(h.stopped.bestStep, fixed(h.stopped.bestLoss))}>
                      {t.stoppedEarly(h.stopped.step)}
                    </span>
                  )}
                </th>
                <td className="num">{h.loss.length > 0 ? fixed(h.loss.at(-1)) : '–'}</td>
                <td className="num">{h.gate ? percent(totalSkipped(h.gate), 1) : t.noGates}</td>
                <td className="num">{h.gate && h.work ? percent(1 - h.work.done / h.work.dense, 1) : '–'}</td>
                <td className="num" data-testid={`saved-${run.id}`}>
                  {h.gate ? percent(saved, 1) : '–'}
                </td>
                <td className="num">{h.gate ? percent(ofStep, 2) : '–'}</td>
                <td className="num">{count(h.tokens)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="help">{t.help}</p>
    </Scroll>
  );
}
