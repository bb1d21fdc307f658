/** Any two or more models side by side: their answers, numbers, settings, curves and maps, a blind vote; adapters in and out. */
import { texts } from '../shared/texts';
import { Later, SectionFrame } from './bits';
import { Adapters } from './compare/Adapters';
import { Answers } from './compare/Answers';
import { Chooser } from './compare/Chooser';
import { CompareCurves } from './compare/CompareCurves';
import { ConfigDiff } from './compare/ConfigDiff';
import { Metrics } from './compare/Metrics';
import { SkipMaps } from './compare/SkipMaps';
import { useContenders } from './compare/useContenders';
import { Vote } from './compare/Vote';

export function CompareSection() {
  const { compare, frame } = texts();
  const compared = useContenders();
  const { all, shown, reference } = compared;
  return (
    <SectionFrame id="compare" title={frame.place.compare} lead={compare.lead}>
      <Chooser {...compared} />
      <Answers {...compared} />
      <Metrics {...compared} />
      <ConfigDiff shown={shown} />
      <Later>
        <CompareCurves shown={shown} />
      </Later>
      <Later>
        <SkipMaps shown={shown} reference={reference} />
      </Later>
      <Later>
        <Vote all={all} shown={shown} />
      </Later>
      <Adapters all={all} />
    </SectionFrame>
  );
}
