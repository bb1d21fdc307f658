/** Question 8 in docs/claims/runs.md. */
import { deviation, mean } from '../../src/shared/stats';
import { fixed } from '../../src/ui/format';
import { grid } from './markdown';
import { PLACEMENT } from './plan';
import { DRAWS, type PlacedBy, type PlacementLine, RANKINGS, type RankingBy, placedOf, rateOf } from './placement';
import { measuredPair } from './questions';
import { holm, pDifferent } from './statistics';
import { rangeOf } from './view';

const LEVEL = 0.05;
/** What the active share is compared with. */
const OTHERS = [...RANKINGS.slice(1), 'random'] as const;
const TITLES: Record<RankingBy | 'random', string> = {
  active: 'active share of TS-LoRA 50 %',
  r: 'mean r',
  path: 'path attribution',
  gradient: 'gradient norm at the start',
  weight: '‖W0‖',
  change: '‖ΔW‖',
  relative: '‖ΔW‖/‖W0‖',
  random: `random, mean of ${PLACEMENT.draws} draws`,
};

/**
 * Σ loss by example, seed by seed, and tokens by example; of random choices the mean over all draws. Null where one is
 * missing.
 */
function sumsOf(lines: readonly PlacementLine[], by: RankingBy | 'random', share: number) {
  const draws: readonly PlacedBy[] = by === 'random' ? DRAWS : [by];
  const bySeed = PLACEMENT.seeds.map((seed) => {
    const cells = draws.map((draw) => placedOf(lines, draw, share).find((c) => c.seed === seed) ?? null);
    const there = cells.flatMap((c) => (c?.sums.every((x) => x !== null) ? [c] : []));
    if (there.length < draws.length) return null;
    return { sums: there[0].sums.map((_, e) => mean(there.map((c) => c.sums[e]))), tokens: there[0].tokens };
  });
  const all = bySeed.flatMap((x) => x ?? []);
  return all.length < PLACEMENT.seeds.length ? null : all;
}

/** @param stored a set's lines, of those sets that have any */
export function placementPart(stored: ReadonlyMap<string, readonly PlacementLine[]>): string[] {
  const head = ['## Does the active share rank modules better? (question 8)', ''];
  if ([...stored.values()].every((lines) => lines.length === 0)) return [...head, 'Not yet run.', ''];
  const planned = PLACEMENT.sets.flatMap((set) =>
    PLACEMENT.shares.flatMap((share) => OTHERS.map((other) => ({ set, share, other }))),
  );
  const compared = planned.map(({ set, share, other }) => {
    const lines = stored.get(set) ?? [];
    const [own, others] = [sumsOf(lines, 'active', share), sumsOf(lines, other, share)];
    if (!own || !others) return null;
    const differences = own.map(({ sums }, s) => sums.map((x, e) => x - others[s].sums[e]));
    const { drawn, found } = measuredPair({ differences, tokens: own[0].tokens });
    return { ...found, p: pDifferent(drawn) };
  });
  const corrected = holm(
    compared.flatMap((c) => c?.p ?? []),
    planned.length,
  );
  let at = 0;
  const shown = planned.map((p, i) => ({ ...p, found: compared[i], p: compared[i] ? corrected[at++] : null }));
  const better = shown.filter(({ found, p }) => found && p! < LEVEL && found.estimate < 0).length;
  const missing = shown.filter(({ found }) => !found).length;
  const answer = better === planned.length ? 'Yes' : missing === 0 || better + missing < planned.length ? 'No' : 'Open';
  const total = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
  const rows = PLACEMENT.sets.flatMap((set) =>
    PLACEMENT.shares.flatMap((share) =>
      (['active', ...OTHERS] as const).map((by): string[] => {
        const lines = stored.get(set) ?? [];
        const sums = sumsOf(lines, by, share);
        const losses = sums?.map((s) => total(s.sums) / total(s.tokens));
        const found = rateOf(lines, share);
        const own = shown.find((c) => c.set === set && c.share === share && c.other === by);
        return [
          set,
          `${100 * share} %`,
          TITLES[by],
          'next' in found ? '–' : String(found.rate),
          losses ? `${fixed(mean(losses), 4)} (${fixed(deviation(losses), 4)})` : 'not yet run',
          own?.found ? rangeOf(own.found) : '–',
          own?.found ? `${own.found.p.toFixed(4)}, ${own.p!.toFixed(3)}` : '–',
        ];
      }),
    ),
  );
  return [
    ...head,
    `Does the active share rank modules better than r, path attribution, gradient energy, norms and ten random draws? **${answer}**: better in ${better} of ${planned.length} comparisons, ${missing} missing.`,
    '',
    `LoRA on the modules that come first within a share of all modules' parameters. The difference is the active share's loss minus the ranking's, with the 95 % interval before correction; p of no difference, corrected by Holm over the ${planned.length} comparisons.`,
    '',
    ...grid(['set', 'parameters', 'modules by', 'learning rate', 'loss', 'active share − this', 'p, corrected'], rows),
  ];
}
