/** Which model is trained, on which GPU, and whether our forward agrees with ONNX Runtime's. */
import { useState } from 'react';
import { type ModelInfo, gpuName, isLive } from '../store/slices';
import { DEFAULT_MODEL, SMALL_MODEL } from '../store/studio';
import { ProgressLine, SectionFrame, TextField } from './bits';
import { bytes, compact, count, parameters } from './format';
import { useSel, useStudio } from './studioContext';

export function ModelSection() {
  const studio = useStudio();
  const model = useSel((s) => s.model);
  const live = useSel((s) => isLive(s.runs.phase));
  const busy = model.status === 'opening' || live;
  return (
    <SectionFrame id="model" number={1} title="Model" lead="A small pretrained language model. Its weights stay frozen; only small adapters beside them learn.">
      <NoGpu state={model.gpu} />
      <div className="split">
        <div className="stack">
          <fieldset className="choices" disabled={busy}>
            <legend>Built in, no download</legend>
            <ModelChoice id="sieve-stories-4m" text="8 layers, width 192. Writes simple stories. The default." active={model.source} onOpen={() => studio.openModel(DEFAULT_MODEL)} />
            <ModelChoice id="sieve-stories-nano" text="4 layers, width 64. For slow machines." active={model.source} onOpen={() => studio.openModel(SMALL_MODEL)} />
          </fieldset>
          <HubForm disabled={busy} />
        </div>
        <div className="panel model-panel" data-testid="model-status" data-status={model.status}>
          {model.status === 'opening' && (
            <>
              <p aria-live="polite"><strong>{model.phase === 'checking' ? 'Checking the model' : 'Opening the model'}…</strong></p>
              {model.progress && <ProgressLine {...model.progress} unit={bytes} />}
            </>
          )}
          {model.status === 'ready' && model.info && <Facts info={model.info} />}
          {model.status === 'failed' && (
            <>
              <p><strong>No model is open.</strong></p>
              {model.gpu === 'present' && model.source && <button type="button" onClick={() => void studio.openModel(model.source!)}>Try again</button>}
            </>
          )}
          {model.status === 'none' && <p>Looking for a GPU…</p>}
        </div>
      </div>
      {model.info?.gpu.software && <SoftwareNote info={model.info} disabled={busy} />}
    </SectionFrame>
  );
}

function ModelChoice({ id, text, active, onOpen }: { id: string; text: string; active: { kind: string; id: string } | null; onOpen: () => void }) {
  const on = active?.kind === 'embedded' && active.id === id;
  return (
    <button type="button" className="choice" aria-pressed={on} onClick={onOpen}>
      <span className="choice-title">{id}</span>
      <span className="choice-text">{text}</span>
    </button>
  );
}

function HubForm({ disabled }: { disabled: boolean }) {
  const studio = useStudio();
  const [id, setId] = useState('');
  const [revision, setRevision] = useState('main');
  return (
    <details>
      <summary>Open another model from Hugging Face</summary>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (id.trim()) void studio.openFromHub(id, revision); }}>
        <div className="fields">
          <TextField label="Model id" value={id} onChange={setId} placeholder="owner/name" mono testId="hub-id" help="Llama family with an ONNX file in fp32 or fp16. Anything else is refused before it is downloaded." />
          <TextField label="Revision" value={revision} onChange={setRevision} mono help="A branch, tag or commit." />
        </div>
        <div><button type="submit" disabled={disabled || !id.trim()} data-testid="hub-open">Open</button></div>
      </form>
    </details>
  );
}

function Facts({ info }: { info: ModelInfo }) {
  const { config: c, gpu, check } = info;
  return (
    <>
      <p className="panel-title">{info.source.id}{info.source.kind === 'hub' && <span className="muted"> @ {info.source.revision}</span>}</p>
      <dl className="facts">
        <dt>Parameters</dt><dd>{parameters(info.parameters)}, {bytes(info.weightBytes)} on the GPU</dd>
        <dt>Shape</dt><dd>{c.layers} layers, width {c.dModel}, {c.heads}/{c.kvHeads} heads of {c.headDim}, MLP {c.ffn}</dd>
        <dt>Vocabulary</dt><dd>{count(c.vocab)} tokens, {c.tied ? 'tied' : 'untied'} head</dd>
        <dt>Context</dt><dd>{count(c.context)} tokens</dd>
        <dt>GPU</dt><dd>{gpuName(gpu)}{gpu.software ? ' (software)' : ''}</dd>
        <dt>Check</dt>
        <dd data-testid="logit-check" data-ok={check.ok}>
          <strong>{check.ok ? '✓ Agrees with ONNX Runtime' : '✗ Differs from ONNX Runtime'}</strong>{' '}
          on {check.tokens} tokens ({check.provider}): relative error {compact(check.relativeError)}, allowed {compact(check.tolerance)}.
          {check.firstDifference && <> First difference: {check.firstDifference}</>}
        </dd>
      </dl>
    </>
  );
}

function SoftwareNote({ info, disabled }: { info: ModelInfo; disabled: boolean }) {
  const studio = useStudio();
  const small = info.source.id === SMALL_MODEL.id;
  return (
    <div className="notice notice-warning" aria-live="polite" data-testid="software-note">
      <div>
        <p className="notice-message"><strong>No GPU acceleration: slow.</strong> The browser computes on the CPU instead. Results are the same; a run takes minutes.</p>
        {!small && <p><button type="button" disabled={disabled} onClick={() => void studio.openModel(SMALL_MODEL)}>Use the small model instead</button></p>}
      </div>
    </div>
  );
}

function NoGpu({ state }: { state: 'unknown' | 'present' | 'no-webgpu' | 'no-adapter' }) {
  if (state === 'unknown' || state === 'present') return null;
  return (
    <div className="notice notice-error" role="alert" data-testid="error-alert" data-error="GpuError">
      <div>
        <p className="notice-message">
          <strong>Training needs WebGPU.</strong>{' '}
          {state === 'no-webgpu' ? 'This browser does not offer it.' : 'This browser offers it, but found no graphics adapter to use.'}
        </p>
        <p>It works in Chrome and Edge 113 or later (Windows, macOS, ChromeOS, Android), in Safari 26, and in Firefox 141 or later on Windows.</p>
        {state === 'no-webgpu'
          ? <p>Open this page there, over https or on localhost. You can still load and preview data below.</p>
          : <p>Switch on graphics acceleration in the browser’s settings and update the graphics driver. On Linux, Chrome may need <code>chrome://flags/#enable-unsafe-webgpu</code>. You can still load and preview data below.</p>}
      </div>
    </div>
  );
}
