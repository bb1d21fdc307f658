/** The validation split: share, seed, by label; and what came of it. */
import type { PrepareReport } from '../shared/data';
import { texts } from '../shared/texts';
import { MAX_EXAMPLES } from '../store/slices';
import { Check, NumberField, Scroll } from './bits';
import { count, percent } from './format';
import { useSel, useStudio } from './studioContext';

export function DataSplit({ report }: { report: PrepareReport }) {
  const studio = useStudio();
  const share = useSel((s) => s.dataset.validationShare);
  const seed = useSel((s) => s.dataset.seed);
  const stratify = useSel((s) => s.dataset.stratify);
  const maxExamples = useSel((s) => s.dataset.maxExamples);
  const byFile = useSel((s) => s.dataset.parsed !== null && s.dataset.parsed.table.validationFrom !== null);
  const t = texts().data.split;
  return (
    <div className="panel stack" data-testid="data-split">
      <h3>{t.title}</h3>
      <div className="fields">
        <NumberField
          label={t.share}
          value={Math.round(share * 1000) / 10}
          min={0}
          max={50}
          initial={10}
          onChange={(p) => {
            if (p >= 0 && p <= 50) studio.data.setPreparation({ validationShare: p / 100 });
          }}
          help={t.shareHelp}
        />
        <NumberField
          label={t.seed}
          value={seed}
          min={0}
          initial={1}
          onChange={(next) => {
            if (Number.isInteger(next) && next >= 0) studio.data.setPreparation({ seed: next });
          }}
          help={t.seedHelp}
        />
        <NumberField
          label={t.most}
          value={maxExamples}
          min={2}
          initial={MAX_EXAMPLES}
          onChange={(next) => {
            if (Number.isInteger(next) && next >= 2) studio.data.setPreparation({ maxExamples: next });
          }}
          help={t.mostHelp}
        />
      </div>
      {report.labels && (
        <Check checked={stratify} onChange={(on) => studio.data.setPreparation({ stratify: on })}>
          {t.stratify}
        </Check>
      )}
      {byFile && <p className="help">{t.byFile}</p>}
      <div className="split-bar" aria-hidden="true">
        <span style={{ flexGrow: report.train }} />
        <span style={{ flexGrow: report.validation }} />
      </div>
      <p className="help">
        {t.result(
          count(report.train),
          count(report.validation),
          percent(report.validation / Math.max(1, report.examples), 1),
        )}{' '}
        {!byFile && t.copies}{' '}
        {report.usable > report.examples &&
          report.usable > maxExamples &&
          t.picked(count(report.examples), count(report.usable))}
      </p>
      {report.labels && (
        <details>
          <summary>{t.byLabel}</summary>
          <Scroll label={t.examplesByLabel}>
            <table className="grid" data-testid="data-labels">
              <thead>
                <tr>
                  <th scope="col">{t.label}</th>
                  <th scope="col" className="num">
                    {t.train}
                  </th>
                  <th scope="col" className="num">
                    {t.validation}
                  </th>
                </tr>
              </thead>
              <tbody>
                {report.labels.map((l) => (
                  <tr key={l.label}>
                    <th scope="row">{l.label}</th>
                    <td className="num">{count(l.train)}</td>
                    <td className="num">{count(l.validation)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </details>
      )}
    </div>
  );
}
