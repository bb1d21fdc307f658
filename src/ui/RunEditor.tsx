/** One run of the experiment: its name, its method, and what only it has. */
import { METHODS, METHOD_NAMES, type RunConfig, gateSchema, isGated } from '../shared/config';
import { Check, NumberField, RunMark, SelectField, TextField } from './bits';
import { ModuleChecks, problemOf } from './ModuleChecks';
import { useSel, useStudio } from './studioContext';

const GATE = gateSchema.parse({});

export function RunEditor({ run, index, only }: { run: RunConfig; index: number; only: boolean }) {
  const studio = useStudio();
  const problem = useSel((s) => s.runs.draftError);
  const set = (patch: Partial<RunConfig>) => studio.setRun(run.id, patch);
  const at = (field: string) => problemOf(problem, `runs.${index}.${field}`);
  return (
    <div className="panel stack run-editor" data-testid={`run-${run.id}`}>
      <div className="row">
        <RunMark index={index + 1} />
        <h4>{run.name}</h4>
        <span className="spacer" />
        <button type="button" className="quiet" disabled={only} onClick={() => studio.removeRun(run.id)} aria-label={`Remove ${run.name}`}>Remove</button>
      </div>
      <div className="fields">
        <TextField label="Name" value={run.name} onChange={(name) => set({ name })} problem={at('name')} />
        <SelectField
          label="Method" value={run.method} onChange={(method) => set({ method })}
          options={METHODS.map((value) => ({ value, label: METHOD_NAMES[value] + (isGated({ method: value }) ? ' (token gates)' : '') }))}
        />
      </div>
      {isGated(run) ? <Gate run={run} set={set} at={at} /> : <p className="help">Every token gets the adapter’s update.</p>}
      <details>
        <summary>Rank, alpha and layers of this run only</summary>
        <div className="fields">
          <NumberField label="Rank" value={run.rank} onChange={(rank) => set({ rank })} problem={at('rank')} />
          <NumberField label="Alpha" value={run.alpha} onChange={(alpha) => set({ alpha })} problem={at('alpha')} />
        </div>
        <ModuleChecks modules={run.modules} onChange={(modules) => set({ modules })} />
      </details>
    </div>
  );
}

function Gate({ run, set, at }: { run: RunConfig; set: (patch: Partial<RunConfig>) => void; at: (field: string) => string | null }) {
  const { gate } = run;
  const change = (patch: Partial<RunConfig['gate']>) => set({ gate: { ...gate, ...patch } });
  return (
    <>
      <p className="help">
        A gate per layer drops a token’s update when it is small: below a learned threshold τ. The rule that moves τ is <em>reconstructed</em> from
        secondary sources, not the paper’s own code.
      </p>
      <div className="fields">
        <NumberField label="Price of a kept token, λ̄" value={gate.lambdaBar} initial={GATE.lambdaBar} onChange={(lambdaBar) => change({ lambdaBar })} problem={at('gate.lambdaBar')} help="Higher skips more. Useful: 0 to 0.5; may be negative." />
        <div className="stack tight">
          <Check checked={gate.tauStep === 'auto'} onChange={(auto) => change({ tauStep: auto ? 'auto' : 0.001 })}>Step of τ: found from the run</Check>
          {gate.tauStep !== 'auto' && <NumberField label="Step of τ" value={gate.tauStep} onChange={(tauStep) => change({ tauStep })} problem={at('gate.tauStep')} />}
        </div>
        <div className="stack tight">
          <Check checked={gate.tauWarmup === 'auto'} onChange={(auto) => change({ tauWarmup: auto ? 'auto' : 10 })}>τ waits for the warm-up</Check>
          {gate.tauWarmup !== 'auto' && <NumberField label="Steps before τ moves" value={gate.tauWarmup} onChange={(tauWarmup) => change({ tauWarmup })} problem={at('gate.tauWarmup')} />}
        </div>
      </div>
    </>
  );
}
