/** Base and all runs answer the same prompt; final numbers side by side; adapters in and out. */
import { type ReactNode, useRef, useState } from 'react';
import { NumberField, RunMark, SectionFrame, TextField } from './bits';
import { FinalTable } from './FinalTable';
import { tokenText } from './format';
import { saveBlob } from './saveBlob';
import { useSel, useStudio } from './studioContext';

export function CompareSection() {
  return (
    <SectionFrame id="compare" number={6} title="Compare" lead="The same prompt, the same sampling seed: what differs is what was learnt.">
      <Prompt />
      <Answers />
      <FinalTable />
      <Adapters />
    </SectionFrame>
  );
}

function Prompt() {
  const studio = useStudio();
  const samples = useSel((s) => s.dataset.samples);
  const origin = useSel((s) => s.dataset.origin);
  const sampling = useSel((s) => s.runs.sampling);
  const generating = useSel((s) => s.runs.generating !== null);
  const ready = useSel((s) => s.model.status === 'ready');
  const template = useSel((s) => (s.runs.session ?? s.dataset).template.prompt);
  const [text, setText] = useState('');
  const prompts = origin?.kind === 'sample' ? samples.find((s) => s.id === origin.id)?.prompts ?? [] : [];
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); void studio.compare(text); }}>
      {prompts.length > 0 && (
        <div className="row suggestions">
          <span className="muted">Prompts to try:</span>
          {prompts.map((p) => <button key={p} type="button" className="suggestion" onClick={() => setText(p)}>{p}</button>)}
        </div>
      )}
      <TextField label="Prompt" value={text} onChange={setText} rows={3} testId="compare-prompt" help={template ? <>Put into the run’s template: <code className="pre">{tokenText(template)}</code></> : 'The models go on writing from here.'} />
      <details>
        <summary>Sampling</summary>
        <div className="fields">
          <NumberField label="Seed" value={sampling.seed} onChange={(seed) => studio.setSampling({ seed })} min={0} help="The same for all." />
          <NumberField label="Longest answer, tokens" value={sampling.maxNewTokens} onChange={(maxNewTokens) => studio.setSampling({ maxNewTokens })} min={1} />
          <NumberField label="Temperature" value={sampling.temperature} onChange={(temperature) => studio.setSampling({ temperature })} min={0} help="0 always takes the likeliest token." />
          <NumberField label="Top-p" value={sampling.topP} onChange={(topP) => studio.setSampling({ topP })} min={0} max={1} help="Draw from the likeliest tokens that make up this share." />
        </div>
      </details>
      <div className="row">
        <button type="submit" className="primary" data-testid="compare-run" disabled={!ready || generating || text.trim() === ''}>{generating ? 'Writing…' : 'Answer side by side'}</button>
        <button type="button" disabled={!generating} onClick={() => void studio.cancelCompare()}>Cancel</button>
      </div>
    </form>
  );
}

/** Names of everything that can answer, base first, with the index of its mark. */
function useNames(): { id: string; name: string; index: number }[] {
  const session = useSel((s) => s.runs.session);
  const imported = useSel((s) => s.runs.imported);
  const runs = session?.experiment.runs ?? [];
  return [
    { id: 'base', name: 'Base', index: 0 },
    ...runs.map((r, i) => ({ id: r.id, name: r.name, index: i + 1 })),
    ...imported.map((r, i) => ({ id: r.runId, name: `${r.name} (imported)`, index: runs.length + i + 1 })),
  ];
}

function Answers() {
  const answers = useSel((s) => s.runs.answers);
  const names = useNames().filter((n) => answers[n.id] !== undefined);
  if (names.length === 0) return null;
  return (
    <div className="answers" aria-live="off">
      {names.map(({ id, name, index }) => (
        <article key={id} className="panel answer">
          <h3><RunMark index={index} />{name}</h3>
          <p className="answer-text" data-testid={`answer-${id}`} data-done={answers[id].done}>{answers[id].text}{!answers[id].done && <span className="caret" aria-hidden="true" />}</p>
        </article>
      ))}
    </div>
  );
}

function Adapters() {
  const studio = useStudio();
  const names = useNames().filter((n) => n.id !== 'base');
  const ready = useSel((s) => s.model.status === 'ready');
  const trained = useSel((s) => s.runs.version > 0 && s.runs.session !== null);
  const gone = useSel((s) => s.runs.session?.gone);
  const input = useRef<HTMLInputElement>(null);
  const save = async (id: string) => {
    const zip = await studio.exportRun(id);
    if (zip) saveBlob(zip.blob, zip.name);
  };
  const rows: ReactNode[] = names.map(({ id, name, index }) => (
    <button key={id} type="button" data-testid={`export-${id}`} disabled={!ready || !trained || gone?.has(id)} onClick={() => void save(id)}><RunMark index={index} />Export {name}</button>
  ));
  return (
    <div className="panel stack">
      <h3>Take it away, bring it back</h3>
      <p className="help">A zip in the layout of Hugging Face PEFT; thresholds lie beside it in <code>ts_peft.json</code>.</p>
      <div className="row">
        {rows}
        <button type="button" disabled={!ready} onClick={() => input.current?.click()}>Import an adapter</button>
        <input
          ref={input} type="file" accept=".zip,application/zip" className="sr-only" tabIndex={-1} aria-label="Adapter zip" data-testid="import-file"
          onChange={(e) => {
            const file = e.target.files?.[0];
            if (file) void studio.importRun(file);
            e.target.value = '';
          }}
        />
      </div>
    </div>
  );
}
