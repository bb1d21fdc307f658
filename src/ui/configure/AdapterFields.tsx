/** Size and shape of the adapters: for all runs at once, and what one run has of its own. */
import type { RunConfig } from '../../shared/config';
import { OWN_GROUPS, methodOf } from '../../shared/methods';
import { applies, isRefused, settingsOf, withValues } from '../../shared/settings';
import { texts } from '../../shared/texts';
import { changed, initialOf, pick, settingsFor } from '../../store/configure/changes';
import { useSel, useStudio } from '../studioContext';
import { DEV_SHARE, Group, More, useProblems } from './fields';
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
  const { learningRate: rate, devShare } = useSel((s) => s.runs.draft.train);
  const path = `runs.${index}`;
  const { update } = methodOf(run);
  const own = OWN_GROUPS.find((group) => group === update);
  const [at, atOwn] = [useProblems(path), useProblems(`${path}.${update}`)];
  const settings = settingsOf('run').filter((s) => applies(s, run) || isRefused(s, run.method));
  const ownSettings = own ? settingsFor(own, run) : [];
  const count = changed(settings, run).length + (own ? changed(ownSettings, run[own]).length : 0);
  const set = (patch: Partial<RunConfig>) => {
    configure.setRun(run.id, patch);
    // The scale is looked for on the dev split.
    if (patch.shrink && devShare === 0) configure.setTrain({ devShare: DEV_SHARE });
  };
  return (
    <More summary={t.own} paths={[...settings.map(({ key }) => `${path}.${key}`), `${path}.${update}`]} changed={count}>
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
        {own && (
          <>
            <p className="help">{t.ownHelp[own]}</p>
            <SettingColumns
              settings={ownSettings}
              values={run[own]}
              at={atOwn}
              onChange={(patch) => set(withValues(run, own, patch))}
            />
          </>
        )}
        <p>
          <button
            type="button"
            className="quiet small"
            disabled={count === 0}
            onClick={() => {
              const adapter = { ...run, ...initialOf(settings) };
              set(OWN_GROUPS.reduce((r, group) => withValues(r, group, initialOf(settingsOf(group))), adapter));
            }}
          >
            {t.reset}
          </button>
        </p>
      </div>
    </More>
  );
}
