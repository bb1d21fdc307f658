/**
 * Parts of docs/claims/runs.md that stand beside a model's questions: what is compared without a test, and question 9.
 */
import { mean, spearman } from '../../src/shared/stats';
import { fixed, percent } from '../../src/ui/format';
import type { Cell } from './cell';
import { measuredOf } from './cells';
import { grid } from './markdown';
import { TIERS } from './plan';
import { PAPER_QUESTION, READINGS, type ReadingId, answers, compare, explored, lossesOf, plannedOn } from './questions';
import { type Runs, answerLine, rangeOf, title, wordsOf } from './view';

/** Comparisons that no question asks for. */
export function exploredPart({ model, cellsBySet }: Runs): string[] {
  const all = explored(model, cellsBySet);
  if (all.length === 0) return [];
  const said = '### Compared besides';
  if (all.every(({ found }) => found === null)) return [said, '', 'Not yet run.', ''];
  return [
    said,
    '',
    'Exploratory: the 95 % interval, no test and no correction.',
    '',
    ...grid(
      ['comparison', 'set', 'difference', 'by seed'],
      all.map(({ a, b, set, found }) => [
        `${title(a)} − ${title(b)}`,
        set,
        found ? rangeOf(found) : 'not yet run',
        found ? found.bySeed.map((d) => fixed(d)).join(', ') : '–',
      ]),
    ),
  ];
}

/** Rank correlation of the modules' active shares at the end of the runs with those of coins, mean over seeds. */
function withCoins(own: readonly (Cell | null)[], coins: readonly (Cell | null)[]): number | null {
  const found = own.flatMap((cell, i) => {
    const coin = coins[i];
    return cell?.end && coin?.end ? (spearman(cell.end.active, coin.end.active) ?? []) : [];
  });
  return found.length > 0 ? mean(found) : null;
}

/** Question 9: 10⁴ steps with the paper's constants. */
export function paperPart(models: readonly Runs[]): string[] {
  const tier = TIERS.paper;
  const runs = models.find(({ model }) => model === tier.model);
  const bySet = new Map([...(runs?.cellsBySet ?? [])].filter(([set]) => tier.sets!.includes(set)));
  const head = ['## Does the paper’s own setting differ? (question 9)', ''];
  const cells = [...bySet.values()].flat().filter(({ method }) => tier.methods.includes(method));
  if (cells.length === 0) return [...head, 'Not yet run.', ''];
  const all = compare(tier.model, bySet, [PAPER_QUESTION]);
  const rows = [...bySet].flatMap(([set, own]) => {
    const of = (id: ReadingId) => measuredOf(own, READINGS[id], tier.seeds);
    const coins = of('paper-coin').cells;
    return (['paper', 'paper-coin', 'paper-literal'] as const).flatMap((id): string[][] => {
      const { cells: there, measured } = of(id);
      const ends = there.flatMap((cell) => cell?.end ?? []);
      if (ends.length === 0) return [];
      const losses = lossesOf(own, id, tier.seeds).filter((l) => l !== null);
      const correlation = id === 'paper-coin' ? null : withCoins(there, coins);
      return [
        [
          set,
          `${title(id)}, ${ends.length} of ${plannedOn(tier.model, id)!.seeds.length} seeds`,
          fixed(mean(losses), 4),
          there.flatMap((cell) => cell?.bestStep ?? []).join(', '),
          percent(mean(measured.flatMap((m) => m?.skipped ?? [])), 1),
          fixed(mean(ends.map(({ dev }) => dev)), 4),
          percent(mean(ends.map(({ skipped }) => skipped)), 1),
          correlation === null ? '–' : fixed(correlation, 2),
        ],
      ];
    });
  });
  return [
    ...head,
    ...answers(all, [PAPER_QUESTION]).map((a) => `- ${answerLine(a)}`),
    ...all.map(
      ({ a, b, set, tested, missing }) =>
        `- ${title(a)} − ${title(b)}, ${set}: ${tested ? `${rangeOf(tested)}, p ${tested.different.toFixed(4)}, ${wordsOf(tested)}` : `missing: ${missing}`}.`,
    ),
    '',
    `${tier.budget.steps.toLocaleString('en')} steps at a rate of ${Number(tier.rate)}. The loss is that of the snapshot with the lowest dev loss; the end is the last step, its skipped share and active shares those of the last tenth of the steps.`,
    '',
    ...grid(
      [
        'set',
        'method',
        'loss',
        'steps',
        'skipped',
        'dev loss at the end',
        'skipped at the end',
        'rank correlation of the modules with coins',
      ],
      rows,
    ),
  ];
}
