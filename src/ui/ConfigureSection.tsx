/** Settings that all runs share, the adapter, and the list of runs; beside them what it will cost. */
import { METHOD_NAMES } from '../shared/config';
import { texts } from '../shared/texts';
import { say } from '../shared/texts/say';
import { sessionChanges } from '../store/configure/changes';
import { MAX_RUNS } from '../store/configure/commands';
import { isLive } from '../store/slices';
import { Scroll, SectionFrame } from './bits';
import { SharedAdapter } from './configure/AdapterFields';
import { MemoryPanel } from './configure/MemoryPanel';
import { PlaceTabPanel, PlaceTabs } from './PlaceTabs';
import { Presets } from './configure/Presets';
import { Share } from './configure/Share';
import { TimePanel } from './configure/TimePanel';
import { TrainFields } from './configure/TrainFields';
import { RunEditor } from './RunEditor';
import { useSel, useStudio } from './studioContext';

export function ConfigureSection() {
  const t = texts().configure;
  const { configure } = useStudio();
  const draft = useSel((s) => s.runs.draft);
  const problem = useSel((s) => s.runs.draftError);
  const live = useSel((s) => isLive(s.runs.phase));
  const changes = sessionChanges(draft);
  const full = draft.runs.length >= MAX_RUNS;
  return (
    <SectionFrame id="configure" title={texts().frame.place.settings}>
      <div className="row settings-parts">
        <PlaceTabs place="settings" />
        <span className="spacer" />
        <span className="help" data-testid="changed-all">
          {t.allChanged(changes)}
        </span>
        {changes > 0 && (
          <button type="button" className="quiet small" disabled={live} onClick={() => configure.reset()}>
            {t.allReset}
          </button>
        )}
      </div>
      {problem && (
        <p className="field-problem" role="alert" data-testid="config-problem">
          {say(problem)}
        </p>
      )}
      <div className="split split-wide">
        <fieldset className="stack bare" disabled={live}>
          <legend className="sr-only">{t.settings}</legend>
          <PlaceTabPanel place="settings" tab="training">
            <p className="lead">{t.lead}</p>
            <Presets />
            <TrainFields />
          </PlaceTabPanel>
          <PlaceTabPanel place="settings" tab="adapter">
            <SharedAdapter />
          </PlaceTabPanel>
          <PlaceTabPanel place="settings" tab="runs">
            <div className="row">
              <h3>{t.runs}</h3>
              <span className="spacer" />
              {(['lora', 'ts-lora'] as const).map((method) => (
                <button
                  key={method}
                  type="button"
                  className="small"
                  onClick={() => configure.addRun(method)}
                  disabled={full}
                >
                  {t.add(METHOD_NAMES[method])}
                </button>
              ))}
            </div>
            <div className="runs">
              {draft.runs.map((run, i) => (
                <RunEditor key={run.id} run={run} index={i} only={draft.runs.length === 1} />
              ))}
            </div>
          </PlaceTabPanel>
          <PlaceTabPanel place="settings" tab="files">
            <Share />
          </PlaceTabPanel>
        </fieldset>
        <Scroll label={t.costs} look="panel stack costs">
          <TimePanel />
          <MemoryPanel />
        </Scroll>
      </div>
    </SectionFrame>
  );
}
