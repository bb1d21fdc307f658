/**
 * Any two or more models side by side: the list of runs, and beside it their numbers, curves, maps, answers, a blind
 * vote.
 */
import { texts } from '../shared/texts';
import { Empty, Later, SectionFrame } from './bits';
import { Classification } from './classification/Classification';
import { Adapters } from './compare/Adapters';
import { Answers } from './compare/Answers';
import { Chooser } from './compare/Chooser';
import { CompareCurves } from './compare/CompareCurves';
import { ConfigDiff } from './compare/ConfigDiff';
import { Metrics } from './compare/Metrics';
import { SeedBands } from './compare/SeedBands';
import { SkipMaps } from './compare/SkipMaps';
import { useContenders } from './compare/useContenders';
import { Vote } from './compare/Vote';
import { PlaceTabPanel, PlaceTabs } from './PlaceTabs';
import { useTellsClasses } from './useTellsClasses';

export function CompareSection() {
  const { classification, compare, frame } = texts();
  const classes = useTellsClasses('session');
  const compared = useContenders();
  const { all, shown, reference } = compared;
  return (
    <SectionFrame id="compare" title={frame.place.compare}>
      <div className="beside compare">
        <Chooser {...compared} />
        <div className="parts">
          <PlaceTabs place="compare" />
          <PlaceTabPanel place="compare" tab="metrics" pane>
            <Metrics {...compared} />
          </PlaceTabPanel>
          <PlaceTabPanel place="compare" tab="curves">
            <Later>
              <CompareCurves shown={shown} />
              <SeedBands shown={shown} reference={reference} />
            </Later>
          </PlaceTabPanel>
          <PlaceTabPanel place="compare" tab="skips" pane>
            <Later>
              <SkipMaps shown={shown} reference={reference} />
            </Later>
          </PlaceTabPanel>
          <PlaceTabPanel place="compare" tab="answers" pane>
            {classes ? <Empty>{compare.classesOnly}</Empty> : <Answers {...compared} />}
          </PlaceTabPanel>
          <PlaceTabPanel place="compare" tab="labels" pane>
            <Later>
              {shown.every((c) => c.classified === null) && <Empty>{classification.none}</Empty>}
              <Classification all={shown} reference={reference?.key ?? null} />
            </Later>
          </PlaceTabPanel>
          <PlaceTabPanel place="compare" tab="vote">
            {classes ? (
              <Empty>{compare.classesOnly}</Empty>
            ) : (
              <Later>
                <Vote all={all} shown={shown} />
              </Later>
            )}
          </PlaceTabPanel>
          <PlaceTabPanel place="compare" tab="settings">
            <ConfigDiff shown={shown} />
            <Adapters all={all} />
          </PlaceTabPanel>
        </div>
      </div>
    </SectionFrame>
  );
}
