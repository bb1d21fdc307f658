/** One run of the experiment: its name, its method, and what only it has. */
import { METHODS, METHOD_NAMES, type MethodName, type RunConfig, isGated } from '../shared/config';
import { runChanges } from '../store/configure/changes';
import { RunMark, SelectField, TextField } from './bits';
import { RunAdapter } from './configure/AdapterFields';
import { useProblem } from './configure/fields';
import { GateFields } from './configure/GateFields';
import { useStudio } from './studioContext';

/** What a method does, in a sentence. */
export const METHOD_HELP: Record<MethodName, string> = {
  lora: 'A small matrix pair beside each layer learns; every token gets its update.',
  dora: 'LoRA for the direction of each weight row, and its length learned apart.',
  adalora: 'LoRA that starts wide and prunes itself where it matters least.',
  'ts-lora': 'LoRA whose gates skip the update of tokens that do not need it.',
  'ts-dora': 'DoRA whose gates skip the update of tokens that do not need it.',
};

export function RunEditor({ run, index, only }: { run: RunConfig; index: number; only: boolean }) {
  const { configure } = useStudio();
  const changed = runChanges(run);
  return (
    <div className="panel stack run-editor" data-testid={`run-${run.id}`}>
      <div className="row">
        <RunMark index={index + 1} />
        <h4>{run.name}</h4>
        {changed > 0 && <span className="changed num" data-testid={`changed-${run.id}`}>{changed} changed</span>}
        <span className="spacer" />
        <button type="button" className="quiet" disabled={only} onClick={() => configure.removeRun(run.id)} aria-label={`Remove ${run.name}`}>Remove</button>
      </div>
      <div className="fields">
        <TextField label="Name" value={run.name} onChange={(name) => configure.setRun(run.id, { name })} problem={useProblem(`runs.${index}.name`)} />
        <SelectField
          label="Method" value={run.method} onChange={(method) => configure.setMethod(run.id, method)}
          options={METHODS.map((value) => ({ value, label: METHOD_NAMES[value] + (isGated({ method: value }) ? ' (token gates)' : '') }))}
        />
      </div>
      <p className="help">{METHOD_HELP[run.method]}</p>
      {isGated(run) && <GateFields run={run} index={index} />}
      <RunAdapter run={run} index={index} />
    </div>
  );
}
