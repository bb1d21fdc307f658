/** A run leaves the page: which kinds of files there are, where each runs, and the code that uses it. */
import { useEffect, useId, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { EXPORT_KINDS, RUNS_IN, RUNTIMES, VALUE_TYPES, type ValueType, whyNot } from '../../shared/exports';
import { snippetOf } from '../../shared/snippets';
import { texts } from '../../shared/texts';
import { say } from '../../shared/texts/say';
import { CopyButton, Notices, ProgressLine, Scroll, SelectField } from '../bits';
import { bytes } from '../format';
import { saveBlob } from '../saveBlob';
import { useSel, useStudio } from '../studioContext';
import { HandOver } from './HandOver';
import { PushForm } from './PushForm';
import { type Subject, useSubject } from './useSubject';

const KINDS = ['peft', ...EXPORT_KINDS] as const;
type Kind = (typeof KINDS)[number];

/** Kinds whose weights are written in a type that a person chooses. */
const CHOOSES_VALUES: readonly Kind[] = ['safetensors'];
const VALUE_NAMES: Record<ValueType, string> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };

export function ExportDialog() {
  const subject = useSubject();
  const dialog = useRef<HTMLDialogElement>(null);
  const studio = useStudio();
  const open = subject !== null;
  useEffect(() => {
    // A modal dialog keeps the focus, closes with Escape, and gives the focus back to where it was.
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const id = useId();
  return createPortal(
    <dialog
      ref={dialog}
      className="keys export"
      aria-labelledby={`${id}-title`}
      data-testid="export-dialog"
      onClose={() => studio.exports.ask(null)}
    >
      {subject && <Content key={subject.runId} subject={subject} titleId={`${id}-title`} />}
    </dialog>,
    document.body,
  );
}

function Content({ subject, titleId }: { subject: Subject; titleId: string }) {
  const t = texts().exports;
  const studio = useStudio();
  const [kind, setKind] = useState<Kind>('peft');
  const [values, setValues] = useState<ValueType>('F16');
  const busy = useSel((s) => s.runs.exporting);
  const trained = useSel((s) => s.runs.session?.config.runs.some((r) => r.id === subject.runId) ?? false);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  const why = whyNot(kind, subject);
  const code = snippetOf(kind, subject);
  const save = async () => {
    const made = await studio.exports.make(subject.runId, kind, values);
    if (made) saveBlob(made.blob, made.name);
  };
  return (
    <div className="stack">
      <h2 id={titleId} ref={title} tabIndex={-1}>
        {t.title(subject.name)}
      </h2>
      <Notices section="compare" />
      <KindTable kind={kind} onChange={setKind} subject={subject} />
      <p className="help">{t.what[kind]}</p>
      {kind === 'peft' && subject.gated && <p className="help">{t.peftGated}</p>}
      {why ? (
        <p className="notice notice-warning" data-testid="export-why-not">
          {say(why)}
        </p>
      ) : (
        <>
          {CHOOSES_VALUES.includes(kind) && (
            <SelectField
              label={t.values}
              help={t.valuesHelp}
              value={values}
              onChange={setValues}
              options={VALUE_TYPES.map((value) => ({ value, label: VALUE_NAMES[value] }))}
            />
          )}
          <Code code={code} />
          <PushForm subject={subject} kind={kind} values={values} />
        </>
      )}
      {busy?.runId === subject.runId && (
        <ProgressLine label={t.writing} loaded={busy.written} total={busy.total} unit={bytes} />
      )}
      {trained && !subject.model.embedding.patches && <HandOver />}
      <div className="row">
        <button
          type="button"
          className="primary"
          data-testid="export-save"
          disabled={why !== null || busy !== null}
          onClick={() => void save()}
        >
          {t.save}
        </button>
        <form method="dialog">
          <button type="submit" data-testid="export-close">
            {t.close}
          </button>
        </form>
      </div>
    </div>
  );
}

function KindTable({ kind, onChange, subject }: { kind: Kind; onChange: (kind: Kind) => void; subject: Subject }) {
  const t = texts().exports;
  const group = useId();
  return (
    <Scroll label={t.table}>
      <table className="grid export-kinds">
        <caption className="sr-only">{t.table}</caption>
        <thead>
          <tr>
            <th scope="col">{t.kind}</th>
            {RUNTIMES.map((runtime) => (
              <th key={runtime} scope="col">
                {t.runtime[runtime]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {KINDS.map((one) => (
            <tr key={one} className={whyNot(one, subject) ? 'out' : undefined}>
              <th scope="row" aria-label={t.name[one]}>
                <label className="check">
                  <input
                    type="radio"
                    name={group}
                    checked={kind === one}
                    onChange={() => onChange(one)}
                    data-testid={`export-kind-${one}`}
                  />
                  <span>{t.name[one]}</span>
                </label>
              </th>
              {RUNTIMES.map((runtime) => {
                const runs = RUNS_IN[one].includes(runtime);
                return (
                  <td key={runtime}>
                    <span aria-hidden="true">{runs ? '✓' : '–'}</span>
                    <span className="sr-only">{runs ? t.runs : t.runsNot}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Code({ code }: { code: string }) {
  const t = texts().exports;
  return (
    <div className="stack tight">
      <div className="row">
        <h3>{t.code}</h3>
        <CopyButton text={code} label={t.copy} done={t.copied} testId="export-copy" />
      </div>
      <Scroll label={t.code}>
        <pre className="code" data-testid="export-code">
          {code}
        </pre>
      </Scroll>
    </div>
  );
}
