/** Size and shape of the adapters: for all runs at once, and what one run has of its own. */
import type { RunConfig } from '../../shared/config';
import { applies, settingsOf } from '../../shared/settings';
import { texts } from '../../shared/texts';
import { changed, initialOf, pick, settingsFor } from '../../store/configure/changes';
import { useSel, useStudio } from '../studioContext';
import { Group, More, useProblems } from './fields';
import { ModulePicker } from './ModulePicker';
import { SettingColumns } from './SettingFields';

/** Rank, alpha and modules: what runs that are compared usually share. */
export function SharedAdapter() {
  const { adapter: t } = texts().configure;
  const { configure } = useStudio();
  const runs = useSel((s) => s.runs.draft.runs);
  const at = useProblems('runs.0');
  const [first] = runs;
  const settings = settingsOf('run').filter(({ setting }) => setting.place === 'main');
  const shared = (run: RunConfig) => JSON.stringify(pick(settings, run));
  const mixed = runs.some((run) => shared(run) !== shared(first));
  const set = (patch: Partial<RunConfig>) => configure.setRun(null, patch);
  return (
    <Group
      title={t.shared}
      changed={changed(settings, first).length}
      onReset={() => set(initialOf(settings))}
      testId="changed-adapter"
    >
      <SettingColumns
        settings={settings}
        values={first}
        at={at}
        onChange={set}
        extra={{
          modules: {
            field: (
              <ModulePicker
                picked={{ modules: first.modules, only: null }}
                onChange={set}
                problem={at('modules')}
                byLayer={false}
              />
            ),
          },
        }}
      />
      {mixed && <p className="help">{t.mixed}</p>}
    </Group>
  );
}

/** Everything about one run's adapter. */
export function RunAdapter({ run, index }: { run: RunConfig; index: number }) {
  const { adapter: t } = texts().configure;
  const { configure } = useStudio();
  const rate = useSel((s) => s.runs.draft.train.learningRate);
  const path = `runs.${index}`;
  const [at, atAdalora] = [useProblems(path), useProblems(`${path}.adalora`)];
  const settings = settingsOf('run').filter((s) => applies(s, run) || s.setting.stays);
  const adalora = settingsFor('adalora', run);
  const count = changed(settings, run).length + changed(adalora, run.adalora).length;
  const set = (patch: Partial<RunConfig>) => configure.setRun(run.id, patch);
  return (
    <More summary={t.own} paths={[...settings.map(({ key }) => `${path}.${key}`), `${path}.adalora`]} changed={count}>
      <div className="stack">
        <SettingColumns
          settings={settings}
          values={run}
          at={at}
          onChange={set}
          extra={{
            learningRate: { start: rate },
            // One picker for both: kinds in every block, or module by module.
            modules: {
              field: <ModulePicker picked={run} onChange={set} problem={at('modules') ?? at('only')} byLayer />,
            },
          }}
        />
        {adalora.length > 0 && (
          <>
            <p className="help">{t.adalora}</p>
            <SettingColumns
              settings={adalora}
              values={run.adalora}
              at={atAdalora}
              onChange={(patch) => set({ adalora: { ...run.adalora, ...patch } })}
            />
          </>
        )}
        <p>
          <button
            type="button"
            className="quiet small"
            disabled={count === 0}
            onClick={() =>
              set({ ...initialOf(settings), adalora: { ...run.adalora, ...initialOf(settingsOf('adalora')) } })
            }
          >
            {t.reset}
          </button>
        </p>
      </div>
    </More>
  );
}
