/** What is held out: share, seed, by label; and what came of it. */
import type { PrepareReport } from '../shared/data';
import { MAX_EXAMPLES } from '../store/slices';
import { Check, NumberField, Scroll } from './bits';
import { count, percent } from './format';
import { useSel, useStudio } from './studioContext';

const MOST_LABELS = 12;

export function DataSplit({ report }: { report: PrepareReport }) {
  const studio = useStudio();
  const share = useSel((s) => s.dataset.heldOutShare);
  const seed = useSel((s) => s.dataset.seed);
  const stratify = useSel((s) => s.dataset.stratify);
  const maxExamples = useSel((s) => s.dataset.maxExamples);
  return (
    <div className="panel stack" data-testid="data-split">
      <h3>Split</h3>
      <div className="fields">
        <NumberField label="Held out, in %" value={Math.round(share * 1000) / 10} min={0} max={50} initial={10} onChange={(p) => { if (p >= 0 && p <= 50) studio.data.setPreparation({ heldOutShare: p / 100 }); }} help="Kept aside to measure; never trained on." />
        <NumberField label="Split seed" value={seed} min={0} initial={1} onChange={(next) => { if (Number.isInteger(next) && next >= 0) studio.data.setPreparation({ seed: next }); }} help="Picks which ones." />
        <NumberField label="Most examples" value={maxExamples} min={2} initial={MAX_EXAMPLES} onChange={(next) => { if (Number.isInteger(next) && next >= 2) studio.data.setPreparation({ maxExamples: next }); }} help="Of more, the seed picks." />
      </div>
      {report.labels && <Check checked={stratify} onChange={(on) => studio.data.setPreparation({ stratify: on })}>Hold out the same share of every label</Check>}
      <div className="split-bar" aria-hidden="true"><span style={{ flexGrow: report.train }} /><span style={{ flexGrow: report.heldOut }} /></div>
      <p className="help">
        {count(report.train)} to learn from, {count(report.heldOut)} held out ({percent(report.heldOut / Math.max(1, report.examples), 1)}). Copies stay on one side.
        {report.usable > report.examples && report.usable > maxExamples && ` ${count(report.examples)} of ${count(report.usable)} usable rows are taken, picked by the seed.`}
      </p>
      {report.labels && (
        <details>
          <summary>By label</summary>
          <Scroll label="Examples by label">
            <table className="grid" data-testid="data-labels">
              <thead><tr><th scope="col">Label</th><th scope="col" className="num">Learnt from</th><th scope="col" className="num">Held out</th></tr></thead>
              <tbody>{report.labels.slice(0, MOST_LABELS).map((l) => <tr key={l.label}><th scope="row">{l.label}</th><td className="num">{count(l.train)}</td><td className="num">{count(l.heldOut)}</td></tr>)}</tbody>
            </table>
          </Scroll>
          {report.labels.length > MOST_LABELS && <p className="help">and {report.labels.length - MOST_LABELS} more labels</p>}
        </details>
      )}
    </div>
  );
}
