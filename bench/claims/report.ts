/**
 * `npm run claims -- report`: docs/claims.md's figure, table and what was found, and docs/claims/runs.md with every
 * comparison, made of the stored cells and of nothing else. What is not measured yet is said to be missing.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { deviation, mean } from '../../src/shared/stats';
import { drawingPicture } from '../../src/ui/charts/drawingPicture';
import { svgOf } from '../../src/ui/charts/saveChart';
import { evidenceFigure } from '../../src/ui/experiment/evidence';
import { fixed, percent } from '../../src/ui/format';
import { writeTable } from '../../src/ui/paperTable';
import type { Cell } from './cell';
import { FOLDER, cellsOf, expected, linesOf, measuredOf } from './cells';
import { lightColors } from './colors';
import { grid } from './markdown';
import { exploredPart, paperPart } from './parts';
import { type PlacementLine, placementPlace } from './placement';
import { placementPart } from './placementPart';
import { MODELS, PLACEMENT, TWIN } from './plan';
import {
  type CellsBySet,
  MARGIN,
  QUESTIONS,
  READINGS,
  type ReadingId,
  type Tested,
  answers,
  lossesOf,
  plannedOn,
  sharesOf,
} from './questions';
import { DRAWS } from './statistics';
import { type LeftOut, type TwinCell, leftOutPart, twinPart } from './twinPart';
import { type Runs, answerLine, evidenceOf, rangeOf, runsOf, tableOf, testedOf, title, wordsOf } from './view';

const PAGE = 'docs/claims.md';
/** In CSS pixels. */
const FIGURE_WIDTH = 860;

/** Stored cells of a model's tier, set by set, and how many there are expected to be of one. */
function counts({ tier, cellsBySet }: Runs): { done: Map<string, number>; each: number } {
  const own = (cells: readonly Cell[]) => cells.filter((c) => tier.methods.includes(c.method)).length;
  return {
    done: new Map([...cellsBySet].map(([set, cells]) => [set, own(cells)])),
    each: expected(tier),
  };
}

function stateOf(runs: Runs): string {
  const { done, each } = counts(runs);
  const all = [...done.values()].reduce((a, b) => a + b, 0);
  if (all > 0 && runs.complete.length === done.size) return `all ${all} cells of the first tier on ${runs.model}`;
  const complete = runs.complete.length > 0 ? ` (${runs.complete.join(', ')})` : '';
  return `${all} of about ${each * done.size} cells on ${runs.model}, ${runs.complete.length} of ${done.size} sets complete${complete}`;
}

/** The method of ours that comes nearest to LoRA with half of the updates skipped, where all of them are measured. */
function nearest(runs: Runs): string | null {
  const rows = QUESTIONS.find((q) => q.number === 6)!.pairs.flatMap(([id]) => {
    const tested = runs.complete.flatMap((set) => testedOf(runs, [id, 'lora'], set) ?? []);
    return tested.length === runs.complete.length && tested.length > 0 ? [{ id, tested }] : [];
  });
  if (rows.length === 0) return null;
  const worst = (tested: readonly Tested[]) => Math.max(...tested.map((t) => t.high));
  const { id, tested } = rows.reduce((best, row) => (worst(row.tested) < worst(best.tested) ? row : best));
  const sets = runs.complete.map((set, i) => `${set} ${rangeOf(tested[i])}`);
  return `Nearest to LoRA with half of the updates skipped: ${title(id)} (${sets.join('; ')}).`;
}

/** What was found so far: a line of docs/claims.md, and one below it for each question. */
export function foundOf(runs: Runs): string {
  const state = stateOf(runs);
  if (runs.all.every((c) => c.tested === null))
    return `- **Found by the new plan** ([plan.md](claims/plan.md)): nothing yet; ${state}.`;
  const said = [...answers(runs.all).map(answerLine), nearest(runs)].filter((line) => line !== null);
  return [
    `- **Found by the new plan** ([plan.md](claims/plan.md)), ${state}; every comparison with its interval: [runs.md](claims/runs.md).`,
    ...said.map((line) => `  - ${line}`),
  ].join('\n');
}

/** One model's part of docs/claims/runs.md. */
function modelPart(runs: Runs): string[] {
  const { done, each } = counts(runs);
  const state = [...done].map(([set, n]) => `${set} ${n}${runs.complete.includes(set) ? ', complete' : ''}`);
  return [
    `## ${runs.model}`,
    '',
    `Cells: ${state.join('; ')}; about ${each} a set.`,
    '',
    ...answers(runs.all).map((a) => `- Question ${a.question.number}. ${answerLine(a)}`),
    '',
    '### Comparisons',
    '',
    `Loss of the first minus loss of the second (nats/token), with the 95 % interval before correction. p: of no difference, and of one as large as the margin of ±${MARGIN}; corrected by Holm over the ${2 * runs.all.length} hypotheses of the family, of which those that are missing count as p = 1.`,
    '',
    ...grid(
      ['question', 'comparison', 'set', 'difference', 'p, corrected', 'p of the margin, corrected', 'shown'],
      runs.all.map(({ question, a, b, set, tested, missing }) => [
        String(question),
        `${title(a)} − ${title(b)}`,
        set,
        ...(tested
          ? [
              rangeOf(tested),
              `${tested.different.toFixed(4)}, ${tested.corrected.different.toFixed(3)}`,
              `${tested.similar.toFixed(4)}, ${tested.corrected.similar.toFixed(3)}`,
              wordsOf(tested),
            ]
          : ['–', '–', '–', `missing: ${missing}`]),
      ]),
    ),
    '### Does the sign of μ change what is skipped? (question 2)',
    '',
    ...grid(
      ['set', 'skipped, real signs', 'skipped, coins', 'rank correlation of the modules with coins', 'between seeds'],
      [...runs.cellsBySet].map(([set, cells]) => {
        const shares = sharesOf(cells, runs.tier.seeds);
        if (!shares) return [set, 'missing', '–', '–', '–'];
        const { skipped, withCoin, betweenSeeds } = shares;
        return [set, ...skipped.map((s) => percent(s, 1)), fixed(withCoin, 2), fixed(betweenSeeds, 2)];
      }),
    ),
    ...exploredPart(runs),
    '### Losses and learning rates',
    '',
    'Validation loss, mean over seeds (SD), at the rate that was chosen on the dev split of other seeds; steps of the snapshots that are measured. p > ½: share of examples whose whole answer has a probability over one half, so that no other answer can be more likely: a lower bound of the accuracy where answers are labels.',
    '',
    ...grid(
      ['set', 'method', 'learning rate', 'loss', 'skipped', 'steps', 'p > ½'],
      [...runs.cellsBySet].flatMap(([set, cells]) => lossRows(runs.model, set, cells)),
    ),
  ];
}

function lossRows(model: Runs['model'], set: string, cells: readonly Cell[]): string[][] {
  return (Object.keys(READINGS) as ReadingId[]).flatMap((id) => {
    const seeds = plannedOn(model, id)?.seeds ?? [];
    const { rate, cells: own, measured } = measuredOf(cells, READINGS[id], seeds);
    const losses = lossesOf(cells, id, seeds).filter((l) => l !== null);
    if (rate === null || losses.length === 0) return [];
    const there = measured.filter((m) => m !== null);
    const skipped = there.flatMap((m) => m.skipped ?? []);
    const partly = losses.length < seeds.length ? `, ${losses.length} of ${seeds.length} seeds` : '';
    return [
      [
        set,
        title(id),
        String(rate),
        `${fixed(mean(losses), 4)}${losses.length > 1 ? ` (${fixed(deviation(losses), 4)})` : ''}${partly}`,
        skipped.length > 0 ? percent(mean(skipped), 1) : '–',
        own.flatMap((c) => c?.bestStep ?? []).join(', '),
        percent(mean(there.flatMap((m) => m.sums.map((sum) => Number(sum < Math.LN2)))), 1),
      ],
    ];
  });
}

/** Models of the plan without a cell. */
function notRunPart(models: readonly Runs[]): string[] {
  const others = MODELS.filter((model) => !models.some((runs) => runs.model === model));
  return others.length > 0 ? ['## Other models', '', `Not yet run: ${others.join(', ')}.`, ''] : [];
}

/** docs/claims/runs.md: every comparison, what is missing, and what stands behind it. */
const runsPage = (models: readonly Runs[], { placement, twin, leftOut }: Beside): string =>
  [
    '# The runs of the plan',
    '',
    `Written by \`npm run claims -- report\` from \`${FOLDER}\`; do not edit it by hand. The questions, the margin and the correction: [plan.md](plan.md). Bootstrap: ${DRAWS.toLocaleString('en')} draws of seeds and of examples, paired.`,
    '',
    ...models.flatMap(modelPart),
    ...(models.length === 0 ? ['No cell is stored yet.', ''] : []),
    ...placementPart(placement),
    ...paperPart(models),
    ...leftOutPart(leftOut),
    ...twinPart(twin),
    ...notRunPart(models),
  ].join('\n');

/** What a page has between `<!-- name -->` and `<!-- /name -->`, replaced. */
function filled(page: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for "${name}"`);
  return `${page.slice(0, from + open.length)}\n${content}\n${page.slice(to)}`;
}

/** What is stored beside cells. */
export interface Beside {
  /** Question 8, by set. */
  placement: ReadonlyMap<string, readonly PlacementLine[]>;
  twin: readonly TwinCell[];
  leftOut: readonly LeftOut[];
}
const NOTHING: Beside = { placement: new Map(), twin: [], leftOut: [] };

export const storedBeside = (folder = FOLDER): Beside => ({
  placement: new Map(PLACEMENT.sets.map((set) => [set, linesOf<PlacementLine>(placementPlace(set), folder)])),
  twin: linesOf<TwinCell>({ model: TWIN.model, set: 'twin' }, folder),
  leftOut: linesOf<LeftOut>({ model: TWIN.model, set: 'leave-one-out' }, folder),
});

/**
 * Files by path; null for one that must not be there. The page shows the first model. @param page docs/claims.md as it
 * is
 */
export function reportOf(stored: ReadonlyMap<(typeof MODELS)[number], CellsBySet>, page: string, beside = NOTHING) {
  const models = [...stored].map(([model, cells]) => runsOf(model, cells));
  const shown = models[0] ?? runsOf(MODELS[0], new Map());
  const [evidence, table] = [evidenceOf(shown), tableOf(shown)];
  const caption = `Validation loss differences (nats/token) on ${shown.model}; band: margin of ±${MARGIN}`;
  const colors = lightColors();
  const figure = evidence && svgOf(caption, drawingPicture(evidenceFigure(evidence, FIGURE_WIDTH), colors), colors);
  const missing = 'Nothing is there to show yet: no set has all cells of LoRA.';
  const parts: [string, string][] = [
    ['found', foundOf(shown)],
    [
      'figure',
      figure
        ? `![${caption}](claims/figure.svg)\n\n*95 % intervals before correction; dots are seeds. a: the shares are what is skipped with real signs | with coins. b: means over ${(shown.complete.length > 0 ? shown.complete : shown.begun).join(', ')}.*`
        : missing,
    ],
    ['table', table ? writeTable(table, 'md').trim() : ''],
  ];
  return {
    [PAGE]: parts.reduce((text, [name, content]) => filled(text, name, content), page),
    'docs/claims/runs.md': runsPage(models, beside),
    'docs/claims/figure.svg': figure && `${figure}\n`,
    'docs/claims/table.tex': table && writeTable(table, 'tex'),
  };
}

/** The stored cells of each model that has any. */
export function storedCells(sets: readonly string[], folder = FOLDER) {
  const all = MODELS.map(
    (model) => [model, new Map(sets.map((set) => [set, cellsOf({ model, set }, folder)]))] as const,
  );
  return new Map(all.filter(([, bySet]) => [...bySet.values()].some((cells) => cells.length > 0)));
}

export function writeReport(sets: readonly string[]): void {
  for (const [path, text] of Object.entries(reportOf(storedCells(sets), readFileSync(PAGE, 'utf8'), storedBeside()))) {
    if (text !== null) writeFileSync(path, text);
    else if (existsSync(path)) rmSync(path);
    console.log(`${path} ${text === null ? 'has nothing to show yet' : 'written'}`);
  }
}
