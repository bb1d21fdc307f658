/** One run of the experiment: its name, its method, and what only it has. */
import { METHODS, METHOD_NAMES, type RunConfig, isGated } from '../shared/config';
import { texts } from '../shared/texts';
import { runChanges } from '../store/configure/changes';
import { RunMark, SelectField, TextField } from './bits';
import { RunAdapter } from './configure/AdapterFields';
import { useProblem } from './configure/fields';
import { GateFields } from './configure/GateFields';
import { useStudio } from './studioContext';

export function RunEditor({ run, index, only }: { run: RunConfig; index: number; only: boolean }) {
  const t = texts().train.run;
  const { configure } = useStudio();
  const changed = runChanges(run);
  return (
    <div className="panel stack run-editor" data-testid={`run-${run.id}`}>
      <div className="row">
        <RunMark index={index + 1} />
        <h4>{run.name}</h4>
        {changed > 0 && (
          <span className="changed num" data-testid={`changed-${run.id}`}>
            {t.changed(changed)}
          </span>
        )}
        <span className="spacer" />
        <button
          type="button"
          className="quiet small"
          disabled={only}
          onClick={() => configure.removeRun(run.id)}
          aria-label={t.removeOne(run.name)}
        >
          {t.remove}
        </button>
      </div>
      <div className="fields">
        <TextField
          label={t.name}
          value={run.name}
          onChange={(name) => configure.setRun(run.id, { name })}
          problem={useProblem(`runs.${index}.name`)}
        />
        <SelectField
          label={t.method}
          value={run.method}
          onChange={(method) => configure.setMethod(run.id, method)}
          options={METHODS.map((value) => ({
            value,
            label: isGated({ method: value }) ? t.gated(METHOD_NAMES[value]) : METHOD_NAMES[value],
          }))}
        />
      </div>
      <p className="help">{t.does[run.method]}</p>
      {isGated(run) && <GateFields run={run} index={index} />}
      <RunAdapter run={run} index={index} />
    </div>
  );
}
