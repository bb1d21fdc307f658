/** What Compare says of its numbers and votes. */
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import type { Tally } from '../../store/compare/vote';

/** What the numbers cannot tell, in a sentence or two. */
export function caution(shown: readonly Contender[]): string {
  const t = texts().compare.metrics;
  const runs = shown.flatMap((c) => (c.run ? [c.run] : []));
  const seeds = [...new Set(runs.map((r) => r.train.seed))];
  if (runs.length === 0) return t.empty;
  return seeds.length === 1 ? t.oneSeed(seeds[0]) : t.seeds(seeds);
}

/** What the votes show, as a sentence. @param names of X and Y as the voter may know them */
export function outcome({ x, y, share }: Tally, called: { x: string; y: string }): string {
  const inPercent = (v: number) => `${Math.round(v * 100)} %`;
  const t = texts().compare.vote.outcome;
  if (!share) return t.none;
  const [better, range] =
    x >= y ? [called.x, share] : [called.y, { share: 1 - share.share, low: 1 - share.high, high: 1 - share.low }];
  const words = share.low > 0.5 || share.high < 0.5 ? t.preferred : t.unclear;
  return words({
    name: better,
    votes: Math.max(x, y),
    of: x + y,
    share: inPercent(range.share),
    low: inPercent(range.low),
    high: inPercent(range.high),
  });
}

/** What losses are in: where a head tells classes apart, each example has one. */
export const lossUnit = (all: readonly Contender[]): string =>
  texts().charts.curves.nats(all.some((c) => c.classified?.set.by === 'head'));
