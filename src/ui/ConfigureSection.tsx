/** Settings that all runs share, the adapter, and the list of runs; beside them what it will cost. */
import { experimentChanges } from '../store/configure/changes';
import { MAX_RUNS } from '../store/configure/commands';
import { isLive } from '../store/slices';
import { SectionFrame } from './bits';
import { SharedAdapter } from './configure/AdapterFields';
import { MemoryPanel } from './configure/MemoryPanel';
import { Presets } from './configure/Presets';
import { Share } from './configure/Share';
import { TimePanel } from './configure/TimePanel';
import { TrainFields } from './configure/TrainFields';
import { RunEditor } from './RunEditor';
import { useSel, useStudio } from './studioContext';

export function ConfigureSection() {
  const { configure } = useStudio();
  const draft = useSel((s) => s.runs.draft);
  const problem = useSel((s) => s.runs.draftError);
  const live = useSel((s) => isLive(s.runs.phase));
  const changes = experimentChanges(draft);
  const full = draft.runs.length >= MAX_RUNS;
  return (
    <SectionFrame id="configure" number={3} title="Configure" lead="All runs get the same batches in the same order from the same start. What differs is the method.">
      <div className="split split-wide">
        <fieldset className="stack bare" disabled={live}>
          <legend className="sr-only">Settings</legend>
          <Presets />
          <TrainFields />
          <SharedAdapter />
          <div className="row">
            <h3>Runs, side by side</h3>
            <span className="spacer" />
            <button type="button" onClick={() => configure.addRun('lora')} disabled={full}>Add LoRA</button>
            <button type="button" onClick={() => configure.addRun('ts-lora')} disabled={full}>Add TS-LoRA</button>
          </div>
          <div className="runs">{draft.runs.map((run, i) => <RunEditor key={run.id} run={run} index={i} only={draft.runs.length === 1} />)}</div>
          <div className="row">
            <span className="muted" data-testid="changed-all">{changes === 0 ? 'Everything is at its default.' : `${changes} changed from default.`}</span>
            {changes > 0 && <button type="button" className="quiet" onClick={() => configure.reset()}>Back to the defaults</button>}
          </div>
          <Share />
          {problem && <p className="field-problem" role="alert" data-testid="config-problem">{problem}</p>}
        </fieldset>
        <div className="panel stack costs"><TimePanel /><MemoryPanel /></div>
      </div>
    </SectionFrame>
  );
}
