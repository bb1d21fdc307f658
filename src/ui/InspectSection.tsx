/** What the gates do: skipped share by layer and module, sizes against thresholds, and a text token by token. */
import { useState } from 'react';
import { type RunConfig, isGated, tauWarmupSteps } from '../shared/config';
import type { GateStats, ModuleId } from '../shared/types';
import { type RunHistory, skippedShare } from '../store/history';
import { type Grouping, shareData } from '../store/series';
import type { Session } from '../store/slices';
import { Later, Scroll, SectionFrame, Segmented, SelectField, TableBehind } from './bits';
import { HeatMap } from './charts/HeatMap';
import { DASHES } from './charts/LossChart';
import { LineChart } from './charts/LineChart';
import { RatioHistogram } from './charts/RatioHistogram';
import { TokenView } from './charts/TokenView';
import { WatchForm } from './WatchForm';
import { compact, moduleName, percent } from './format';
import { useSel } from './studioContext';

export function InspectSection() {
  const session = useSel((s) => s.runs.session);
  const gated = session?.experiment.runs.filter(isGated) ?? [];
  return (
    <SectionFrame id="inspect" number={5} title="Inspect" lead={<>Which tokens does each layer skip? <em>Skipped</em>: the layer’s update was too small to matter for that token, so it was left out.</>}>
      {!session && <p className="muted">Fills while a run with token gates (TS-LoRA) trains.</p>}
      {session && gated.length === 0 && <p className="muted">No run of this experiment has token gates. Add a TS-LoRA run under Configure.</p>}
      {session && gated.length > 0 && <Gated key={session.startedAt} session={session} gated={gated} />}
    </SectionFrame>
  );
}

function Gated({ session, gated }: { session: Session; gated: RunConfig[] }) {
  useSel((s) => s.runs.version);
  const [runId, setRunId] = useState(gated[0].id);
  const history = session.histories.get(runId)!;
  const done = history.step.length > 0 ? history.step.at(-1) : 0;
  const waits = tauWarmupSteps(gated.find((r) => r.id === runId)!.gate, session.experiment.train);
  return (
    <div className="stack">
      {gated.length > 1 && <SelectField label="Run" value={runId} onChange={setRunId} options={gated.map((r) => ({ value: r.id, label: r.name }))} />}
      {done <= waits && done > 0 && <p className="muted">All gates are still open: the thresholds τ start to move after step {waits}.</p>}
      {history.skipped && history.gate ? <Maps history={history} /> : <p className="muted">Waiting for the first step…</p>}
      <div className="panel stack">
        <h3>A text, token by token</h3>
        <WatchForm />
        {history.watch ? <Later><TokenView watch={history.watch} /></Later> : <p className="muted">The watched text passes through the current model every few steps.</p>}
      </div>
    </div>
  );
}

function Maps({ history }: { history: RunHistory }) {
  const [selected, setSelected] = useState(0);
  const [row, setRow] = useState<number | null>(null);
  const [source, setSource] = useState<'step' | 'eval'>('step');
  const series = history.skipped!;
  const modules = history.modules.length === series.modules ? history.modules : [];
  const last = series.rows - 1;
  const at = row === null || row >= last ? last : row;
  const evalGate = history.evals.findLast((e) => e.gate !== null)?.gate ?? null;
  const gate = source === 'eval' && evalGate ? evalGate : history.gate!;
  if (modules.length === 0) return <p className="muted">Waiting for the list of modules…</p>;
  return (
    <>
      <div className="split">
        <div className="panel stack">
          <h3>Skipped share, layer × module</h3>
          <HeatMap modules={modules} values={series.row(at)} selected={selected} onSelect={setSelected} />
          <label className="slider">
            <span>Step <span className="num">{series.steps[at]}</span>{at === last ? ' (latest)' : ''}</span>
            <input type="range" min={0} max={last} value={at} onChange={(e) => setRow(Number(e.target.value) >= last ? null : Number(e.target.value))} aria-valuetext={`step ${series.steps[at]}`} />
          </label>
        </div>
        <div className="panel stack">
          <Later><Lines history={history} modules={modules} /></Later>
        </div>
      </div>
      <div className="panel stack">
        <div className="fields wide-fields">
          <SelectField label="Module" value={String(selected)} onChange={(m) => setSelected(Number(m))} options={modules.map((m, i) => ({ value: String(i), label: `layer ${m.layer}, ${m.kind}` }))} />
          <SelectField label="Tokens of" value={source} onChange={setSource} options={[{ value: 'step', label: 'the last training step' }, { value: 'eval', label: evalGate ? 'the last held-out measurement' : 'held-out data (not measured yet)' }]} />
        </div>
        <h3>Size of the updates in layer {modules[selected].layer}, {modules[selected].kind}</h3>
        <Later><RatioHistogram gate={gate} module={selected} name={`layer ${modules[selected].layer}, ${modules[selected].kind}`} /></Later>
        <ModuleTable modules={modules} gate={gate} selected={selected} />
      </div>
    </>
  );
}

function Lines({ history, modules }: { history: RunHistory; modules: ModuleId[] }) {
  const [grouping, setGrouping] = useState<Grouping>('module');
  const { names, data } = shareData(history.skipped!, modules, grouping);
  const lines = names.map((label, i) => ({ label, color: `--line-${(i % 8) + 1}`, width: 2, dash: i < 8 ? undefined : DASHES[1 + (Math.floor(i / 8) % 7)] }));
  return (
    <>
      <div className="row">
        <h3>Skipped share over time</h3>
        <span className="spacer" />
        <Segmented label="Lines by" value={grouping} onChange={setGrouping} options={[{ value: 'module', label: 'by module' }, { value: 'layer', label: 'by layer' }]} />
      </div>
      <LineChart title="Skipped share over steps; the table below has the latest numbers" lines={lines} data={data} yLabel="skipped" share />
      <TableBehind summary="As a table">
        {() => (
          <table className="grid" data-testid="share-table">
            <thead><tr><th scope="col">{grouping === 'module' ? 'Module' : 'Layer'}</th><th scope="col" className="num">skipped now</th></tr></thead>
            <tbody>{names.map((n, i) => <tr key={n}><th scope="row">{n}</th><td className="num">{percent(data[i + 1].at(-1), 1)}</td></tr>)}</tbody>
          </table>
        )}
      </TableBehind>
    </>
  );
}

function ModuleTable({ modules, gate, selected }: { modules: ModuleId[]; gate: GateStats; selected: number }) {
  return (
    <TableBehind summary="All modules: τ, kept share, and what keeping did">
      {() => (
        <>
        <p className="help">μ: how the loss would change if a token’s gate opened further. Negative: the update helps. Kept tokens should have the lower mean μ.</p>
        <Scroll label="All modules">
          <table className="grid" data-testid="module-table">
            <thead>
              <tr>
                <th scope="col">Module</th><th scope="col" className="num">τ</th><th scope="col" className="num">kept</th><th scope="col" className="num">skipped</th>
                <th scope="col" className="num">mean μ, kept</th><th scope="col" className="num">mean μ, skipped</th>
              </tr>
            </thead>
            <tbody>
              {modules.map((m, i) => {
                const skipped = gate.tokens[i] - gate.active[i];
                return (
                  <tr key={moduleName(m)} className={i === selected ? 'row-selected' : undefined}>
                    <th scope="row">{moduleName(m)}</th>
                    <td className="num">{compact(gate.tau[i])}</td>
                    <td className="num">{percent(1 - skippedShare(gate, i), 1)}</td>
                    <td className="num">{percent(skippedShare(gate, i), 1)}</td>
                    <td className="num">{gate.active[i] > 0 ? compact(gate.muKept[i] / gate.active[i]) : '–'}</td>
                    <td className="num">{skipped > 0 ? compact(gate.muSkipped[i] / skipped) : '–'}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
        </>
      )}
    </TableBehind>
  );
}
