/** Experiments over seeds: start one, watch its queue, read what it found. */
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { doneJobs, jobCount } from '../../store/experiments/plan';
import { titleOf } from '../../store/experiments/title';
import { TABS } from '../../store/route';
import { Empty, SectionFrame } from '../bits';
import { when } from '../format';
import { goTo } from '../frame/router';
import { Phrase } from '../Phrase';
import { PlaceTabPanel, PlaceTabs } from '../PlaceTabs';
import { useSel, useStudio } from '../studioContext';
import { ExperimentForm } from './ExperimentForm';
import { ExperimentView } from './ExperimentView';

export function ExperimentSection() {
  const list = useSel((s) => s.experiments.list);
  const selected = useSel((s) => s.experiments.selected);
  const entry = list.find((e) => e.experiment.id === selected);
  const t = texts().experiment;
  const claims = (
    <a href="claims.html" target="_blank" rel="noopener">
      {t.claims}
    </a>
  );
  return (
    <SectionFrame id="experiment" title={texts().frame.place.experiments}>
      <div className={list.length > 0 ? 'beside' : 'parts'}>
        {list.length > 0 && <Kept />}
        <div className="parts">
          <PlaceTabs place="experiments" />
          <PlaceTabPanel place="experiments" tab="plan">
            <p className="lead">
              <Phrase of={t.lead} claims={claims} />
            </p>
            <ExperimentForm />
          </PlaceTabPanel>
          {entry ? (
            <ExperimentView key={entry.experiment.id} experiment={entry.experiment} cells={entry.cells} />
          ) : (
            TABS.experiments.slice(1).map((tab) => (
              <PlaceTabPanel key={tab} place="experiments" tab={tab}>
                <Empty>{t.view.none}</Empty>
              </PlaceTabPanel>
            ))
          )}
        </div>
      </div>
    </SectionFrame>
  );
}

/** All experiments that this browser keeps. */
function Kept() {
  const t = texts().experiment;
  const studio = useStudio();
  const list = useSel((s) => s.experiments.list);
  const selected = useSel((s) => s.experiments.selected);
  return (
    <fieldset className="choices beside-list saved-experiments">
      <legend>{t.saved}</legend>
      {list.map(({ experiment, cells }) => (
        <button
          key={experiment.id}
          type="button"
          className="choice"
          aria-pressed={experiment.id === selected}
          onClick={() => {
            studio.experiments.select(experiment.id);
            goTo({ place: 'experiments', tab: 'findings' });
          }}
        >
          <span className="choice-title">{titleOf(experiment, names.experiment)}</span>
          <span className="choice-text num">
            {t.entry({
              time: when(experiment.createdAt),
              data: experiment.data.name,
              state: t.state[experiment.state],
              done: doneJobs(experiment, cells),
              total: jobCount(experiment),
            })}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
