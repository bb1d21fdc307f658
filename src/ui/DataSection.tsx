/** What the model learns from: choosing data, saying what the columns mean, seeing what will be trained. */
import type { PrepareReport } from '../shared/data';
import { texts } from '../shared/texts';
import { isMessage } from '../shared/message';
import { shippedWords } from '../shared/texts/names';
import { say } from '../shared/texts/say';
import { PlaceTabPanel, PlaceTabs } from './PlaceTabs';
import { Empty, Later, ProgressLine, SectionFrame, Skeleton } from './bits';
import { DataFound } from './DataFound';
import { DataIssues } from './DataIssues';
import { DataLengths } from './DataLengths';
import { DataMapping } from './DataMapping';
import { DataPreview } from './DataPreview';
import { DataSplit } from './DataSplit';
import { DataSummary } from './DataSummary';
import { DataTable } from './DataTable';
import { DataUpload } from './DataUpload';
import { bytes, count } from './format';
import { useSel, useStudio } from './studioContext';

export function DataSection() {
  // What was open stays in sight while something else is read.
  const open = useSel((s) => s.dataset.parsed !== null);
  const report = useSel((s) => s.dataset.report);
  const waits = useSel(
    (s) =>
      s.dataset.status === 'reading' ||
      s.dataset.preparing ||
      (s.dataset.origin === null &&
        (s.model.status === 'none' || s.model.status === 'opening') &&
        s.dataset.status !== 'failed'),
  );
  const pictures = useSel((s) => s.dataset.parsed?.table.format === 'pictures');
  const t = texts().data;
  return (
    <SectionFrame id="data" title={t.title} lead={t.lead}>
      <PlaceTabs place="data" />
      <Working />
      <PlaceTabPanel place="data" tab="source">
        <div className="split">
          <Samples />
          <DataUpload />
        </div>
        {open && <DataFound />}
        {open && report && (
          <>
            <DataSummary report={report} />
            <Report report={report} />
          </>
        )}
        {!report &&
          (waits ? (
            <div className="split">
              <Skeleton room="table" />
              <Skeleton room="table" />
            </div>
          ) : (
            !open && <Empty>{t.empty}</Empty>
          ))}
      </PlaceTabPanel>
      <PlaceTabPanel place="data" tab="mapping">
        {open ? <DataMapping /> : <Empty>{t.empty}</Empty>}
      </PlaceTabPanel>
      <PlaceTabPanel place="data" tab="issues">
        {open && report ? <DataIssues /> : <Empty>{t.empty}</Empty>}
      </PlaceTabPanel>
      <PlaceTabPanel place="data" tab="split">
        {open && report ? (
          <div className="split">
            <DataSplit report={report} />
            {report.examples > 0 && !pictures && (
              <div className="panel stack">
                <h3>{t.lengths.title}</h3>
                <DataLengths lengths={report.lengths} />
              </div>
            )}
          </div>
        ) : (
          <Empty>{t.empty}</Empty>
        )}
      </PlaceTabPanel>
      <PlaceTabPanel place="data" tab="preview">
        {open && report ? <DataPreview /> : <Empty>{t.empty}</Empty>}
      </PlaceTabPanel>
      <PlaceTabPanel place="data" tab="rows">
        {open && report ? (
          <Later room="table">
            <DataTable report={report} />
          </Later>
        ) : (
          <Empty>{t.empty}</Empty>
        )}
      </PlaceTabPanel>
    </SectionFrame>
  );
}

function Samples() {
  const studio = useStudio();
  const samples = useSel((s) => s.dataset.samples);
  const origin = useSel((s) => s.dataset.origin);
  return (
    <fieldset className="choices">
      <legend>{texts().data.samples}</legend>
      {samples.map((s) => (
        <button
          key={s.id}
          type="button"
          className="choice"
          data-testid={`sample-${s.id}`}
          aria-pressed={origin?.kind === 'sample' && origin.id === s.id}
          onClick={() => void studio.data.openSample(s.id)}
        >
          <span className="choice-title">{shippedWords(s).title}</span>
          <span className="choice-text">{shippedWords(s).description}</span>
        </button>
      ))}
      {samples.length === 0 && <p className="muted">{texts().data.noSamples}</p>}
    </fieldset>
  );
}

/** Reading or preparing, with a way out. */
function Working() {
  const studio = useStudio();
  const status = useSel((s) => s.dataset.status);
  const preparing = useSel((s) => s.dataset.preparing);
  const report = useSel((s) => s.dataset.report);
  const progress = useSel((s) => s.dataset.progress);
  const reading = status === 'reading';
  const t = texts().data.working;
  if (!reading && !preparing) {
    const undone = status === 'ready' && !report && progress === null;
    return (
      <div className="row working">
        {undone && (
          <button type="button" onClick={() => studio.data.prepareSoon(0)}>
            {t.toTokens}
          </button>
        )}
      </div>
    );
  }
  const bytesRead = isMessage(progress?.label) && progress.label.code === 'data.progress.reading';
  return (
    <div className="row working" data-testid="data-progress">
      {progress ? (
        <ProgressLine
          label={progress.label}
          loaded={progress.loaded}
          total={progress.total}
          unit={bytesRead ? bytes : count}
        />
      ) : (
        <p className="muted">{reading ? t.reading : t.preparing}</p>
      )}
      <button type="button" className="quiet" onClick={() => void studio.data.cancel()} data-testid="data-cancel">
        {t.cancel}
      </button>
    </div>
  );
}

function Report({ report }: { report: PrepareReport }) {
  const preparing = useSel((s) => s.dataset.preparing || s.dataset.status === 'reading');
  const t = texts().data.report;
  const facts: [string, number][] = [
    [t.train, report.train],
    [t.validation, report.validation],
    [t.tokens, report.tokens],
    [t.supervised, report.supervised],
    [t.longest, report.longest],
    [t.truncated, report.truncated],
    [t.unusable, report.rows - report.usable],
  ];
  return (
    <div data-testid="data-report" aria-busy={preparing}>
      <dl className="tally">
        {facts.map(([label, n]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="num">{count(n)}</dd>
          </div>
        ))}
      </dl>
      {report.warnings.length > 0 && (
        <ul className="warnings">
          {report.warnings.map(say).map((w) => (
            <li key={w}>{w}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
