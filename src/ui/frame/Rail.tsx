/** What will be trained, in cards: a line of state each, and the way to the sheet that changes it. */
import { type ComponentProps, type ReactNode, useId } from 'react';
import { type TrainConfig, isGated } from '../../shared/config';
import { names } from '../../shared/texts/names';
import { settingsOf } from '../../shared/settings';
import { texts } from '../../shared/texts';
import { say } from '../../shared/texts/say';
import { labelOf } from '../../shared/texts/settingWords';
import { MAX_RUNS } from '../../store/configure/commands';
import { skipTargetOf } from '../../store/configure/skipTarget';
import { usedDevice } from '../../store/device';
import { PLACES, type Place, hashOf } from '../../store/route';
import { isLive } from '../../store/slices';
import { Check, NumberField, ProgressLine, RunMark } from '../bits';
import { useExpected } from '../configure/useExpected';
import { useGivenLength, useProblems } from '../configure/fields';
import { deviceName } from '../deviceWords';
import { pickDataFiles } from '../DataUpload';
import { bytes, count, durationRange, parameters, percent } from '../format';
import { useSel, useStudio } from '../studioContext';
import { TourInvite } from '../Tour';
import { Fold, useFolded } from './Fold';
import { goTo } from './router';

export function Rail() {
  const t = texts().frame.rail;
  return (
    <aside className="rail" aria-labelledby="setup-title" data-route={PLACES.setup}>
      <h2 id="setup-title" className="sr-only" tabIndex={-1}>
        {t.label}
      </h2>
      <ModelCard />
      <DataCard />
      <RunsCard />
      <SkipTarget />
      <TrainingCard />
      {!useFolded() && <TourInvite />}
    </aside>
  );
}

function Card({
  title,
  sign,
  wrong,
  to,
  change,
  children,
}: Omit<ComponentProps<typeof Fold>, 'children'> & {
  /** The sheet that changes it. */
  to: Place;
  /** What its link says. */
  change?: string;
  children: ReactNode;
}) {
  const t = texts().frame.rail;
  return (
    <Fold title={title} sign={sign} wrong={wrong}>
      <section className="card">
        <header>
          <h2>{title}</h2>
          <a href={hashOf({ place: to, tab: 'source' })} aria-label={change ? undefined : t.changeOf(title)}>
            {change ?? t.change}
          </a>
        </header>
        {children}
      </section>
    </Fold>
  );
}

function ModelCard() {
  const t = texts().frame;
  const model = useSel((s) => s.model);
  const opening = model.status === 'opening' || model.moving !== null;
  return (
    <Card title={t.place.model} sign="model" to="model">
      <p className="card-main" data-testid="rail-model">
        {model.source?.id ?? (model.status === 'failed' ? t.rail.none : t.rail.opening)}
      </p>
      <div className="card-state">
        {opening && model.progress && <ProgressLine {...model.progress} unit={bytes} />}
        {model.info && !opening && (
          <p className="help">
            {model.info.check.ok && <span title={t.rail.checked[model.info.check.by]}>✓ </span>}
            {t.rail.facts(parameters(model.info.parameters), deviceName(usedDevice(model.info.device)))}
          </p>
        )}
      </div>
    </Card>
  );
}

function DataCard() {
  const t = texts().frame;
  const studio = useStudio();
  const { origin, samples, report, status, preparing, progress } = useSel((s) => s.dataset);
  const unusable = report ? report.rows - report.usable : 0;
  const busy = (status === 'reading' || preparing) && progress;
  return (
    <Card title={t.place.data} sign="data" wrong={unusable > 0} to="data">
      <p className="card-main" data-testid="rail-data">
        {origin ? names.data(origin, samples) : status === 'failed' ? t.rail.none : t.rail.opening}
      </p>
      {/* One line in every state: the cards below stay where they are. */}
      <p className="help num">
        {busy ? say(busy.label) : report ? t.rail.rows(count(report.train), count(report.validation)) : '\u00a0'}
      </p>
      {unusable > 0 && (
        <p className="help card-issues">
          <a href={hashOf({ place: 'data', tab: 'issues' })}>{t.rail.issues(count(unusable))}</a>
        </p>
      )}
      <p className="row">
        <button
          type="button"
          className="small"
          data-testid="rail-open-file"
          onClick={() =>
            pickDataFiles((files) => {
              goTo({ place: 'data' });
              void studio.data.openFiles(files);
            })
          }
        >
          {t.rail.open}
        </button>
        <span className="help">{t.rail.drop}</span>
      </p>
    </Card>
  );
}

function RunsCard() {
  const t = texts().frame.rail;
  const { configure } = useStudio();
  const runs = useSel((s) => s.runs.draft.runs);
  const live = useSel((s) => isLive(s.runs.phase));
  return (
    <Card title={t.runs} sign="runs" to="settings">
      <ul className="plain-list card-runs">
        {runs.map((run, i) => (
          <li key={run.id}>
            <RunMark index={i + 1} />
            <span>{run.name}</span>
            <span className="help num">{t.rank(run.rank)}</span>
          </li>
        ))}
      </ul>
      <button
        type="button"
        className="small quiet"
        disabled={live || runs.length >= MAX_RUNS}
        aria-label={t.addRun}
        onClick={() => configure.addRun('ts-lora')}
      >
        + {t.add}
      </button>
    </Card>
  );
}

/** Share of the tokens that all gated runs are to skip: their own way, or as far as the slider says. */
function SkipTarget() {
  const t = texts().frame.rail;
  const { configure } = useStudio();
  const id = useId();
  const runs = useSel((s) => s.runs.draft.runs);
  const live = useSel((s) => isLive(s.runs.phase));
  const gated = runs.some(isGated);
  const { share, settable, automatic } = skipTargetOf(runs);
  const said = share !== null ? percent(share) : automatic ? t.auto : '–';
  return (
    <Fold title={t.target} sign="target">
      <section className="card" data-testid="skip-target-card">
        <header>
          <h2>
            <label htmlFor={id}>{t.target}</label>
          </h2>
          <Check
            checked={automatic && share === null}
            disabled={live || !automatic}
            onChange={(on) => configure.setSkipTarget(on ? null : 0.5)}
          >
            {t.auto}
          </Check>
          <output htmlFor={id} className="num">
            {share === null ? '–' : percent(share)}
          </output>
        </header>
        <input
          id={id}
          type="range"
          min={0}
          max={90}
          step={5}
          value={Math.round((share ?? 0.5) * 100)}
          disabled={live || !settable}
          aria-valuetext={said}
          data-testid="skip-target"
          onChange={(e) => configure.setSkipTarget(Number(e.target.value) / 100)}
        />
        {!settable && <p className="help">{gated ? t.noTarget : t.noGates}</p>}
      </section>
    </Fold>
  );
}

const QUICK = [
  'steps',
  'learningRate',
  'batchSize',
  'maxSequenceLength',
] as const satisfies readonly (keyof TrainConfig)[];

function TrainingCard() {
  const t = texts().frame.rail;
  const { configure } = useStudio();
  const draft = useSel((s) => s.runs.draft);
  const live = useSel((s) => isLive(s.runs.phase));
  const plan = useSel((s) => s.runs.plan);
  const wrong = useSel((s) => s.runs.draftError);
  const at = useProblems('train');
  const given = useGivenLength();
  const expected = useExpected()(draft);
  return (
    <Card title={t.training} sign="training" wrong={wrong !== null} to="settings" change={t.all}>
      <fieldset disabled={live} className="card-fields">
        <legend className="sr-only">{t.training}</legend>
        {QUICK.filter((key) => !given || key !== 'maxSequenceLength').map((key) => (
          <NumberField
            key={key}
            label={labelOf(settingsOf('train').find((s) => s.key === key)!)}
            value={draft.train[key]}
            onChange={(value) => configure.setTrain({ [key]: value })}
            problem={at(key)}
          />
        ))}
      </fieldset>
      {wrong ? (
        <p className="field-problem">{say(wrong)}</p>
      ) : (
        <p className="help num">
          {/* A line before it is known, too. */}
          {[expected && t.about(durationRange(expected.low, expected.high)), plan && bytes(plan.totalBytes)]
            .filter(Boolean)
            .join(' · ') || '\u00a0'}
        </p>
      )}
    </Card>
  );
}
