/**
 * The questions of docs/claims/plan.md, put to the stored cells: what is measured is tested, what is not is said to be
 * missing.
 */
import type { SieveWay } from '../../src/shared/sieve';
import { mean, rankStability, spearman } from '../../src/shared/stats';
import type { Cell } from './cell';
import { type Reading, measuredOf, plain, scaled } from './cells';
import { type CellId, type Tier, sievedOn, tierOf } from './plan';
import { type Paired, bootstrap, holm, pDifferent, pEqual, percentiles } from './statistics';

/** nats/token. */
export const MARGIN = 0.02;
const LEVEL = 0.05;
/** Sets on which an answer must hold to be a yes; of a pair that is planned on fewer, all of them. */
const NEEDED = 3;

/** A finished LoRA with half of its updates skipped. */
export const sieved = (way: SieveWay, share = 0.5): Reading => ({
  ...plain('lora'),
  measured: (cell) => cell.sieved?.find((s) => s.way === way && s.share === share) ?? null,
});

export const READINGS = {
  lora: { title: 'LoRA', ...plain('lora') },
  'lora-scaled': { title: 'LoRA + scale', ...scaled('lora') },
  'ts-50': { title: 'TS-LoRA 50 %', ...plain('ts-50') },
  'ts-50-scaled': { title: 'TS-LoRA 50 % + scale', ...scaled('ts-50') },
  reconstructed: { title: 'TS-LoRA, no target', ...plain('reconstructed') },
  coin: { title: 'coin, no target', ...plain('coin') },
  random: { title: 'random 50 %', ...plain('random') },
  quantile: { title: 'quantile 50 %', ...plain('quantile') },
  soft: { title: 'soft 50 %', ...plain('soft') },
  'sieved-ratio': { title: 'afterwards 50 %, median r', way: 'ratio', ...sieved('ratio') },
  'sieved-path': { title: 'afterwards 50 %, path', way: 'path', ...sieved('path') },
  'sieved-joint': { title: 'afterwards 50 %, joint', way: 'joint', ...sieved('joint') },
  'lora-dropout': { title: 'LoRA, dropout 10 %', ...plain('lora-dropout') },
  'ts-30': { title: 'TS-LoRA 30 %', ...plain('ts-30') },
  'ts-70': { title: 'TS-LoRA 70 %', ...plain('ts-70') },
  late: { title: 'late gate 50 % + constant', ...plain('late') },
  gatera: { title: 'GateRA', ...plain('gatera') },
  dora: { title: 'DoRA', ...plain('dora') },
  'ts-dora': { title: 'TS-DoRA 50 %', ...plain('ts-dora') },
  paper: { title: 'the paper’s constants', ...plain('paper') },
  'paper-coin': { title: 'the paper’s constants, coin', ...plain('paper-coin') },
  'paper-literal': { title: 'the paper’s constants, literal', ...plain('paper-literal') },
} as const satisfies Record<string, Reading & { title: string; way?: SieveWay }>;
export type ReadingId = keyof typeof READINGS;

export interface Question {
  number: number;
  asks: string;
  /** Of each pair, the first minus the second. */
  pairs: readonly (readonly [ReadingId, ReadingId])[];
  /** What holds on a set for it to count. */
  counts: 'better' | 'equal or better';
  /** Whether one pair is enough for a yes, or every one is asked for. */
  of: 'some' | 'every';
}

/** Those of one family, in the plan's words. */
export const QUESTIONS: readonly Question[] = [
  {
    number: 1,
    asks: 'Does the sign of μ matter to the learned threshold?',
    pairs: [['reconstructed', 'coin']],
    counts: 'better',
    of: 'every',
  },
  {
    number: 3,
    asks: 'Is a gate more than a smaller adapter?',
    pairs: [['ts-50-scaled', 'lora-scaled']],
    counts: 'better',
    of: 'every',
  },
  {
    number: 4,
    asks: 'Does early-stopped LoRA gain from a scale?',
    pairs: [['lora-scaled', 'lora']],
    counts: 'better',
    of: 'every',
  },
  {
    number: 5,
    asks: 'Is training with gates better than skipping afterwards at the same share?',
    pairs: [['ts-50', 'sieved-ratio']],
    counts: 'better',
    of: 'every',
  },
  {
    number: 6,
    asks: 'Does a method of ours keep LoRA’s loss with half of the updates skipped?',
    pairs: (['ts-50', 'soft', 'sieved-ratio', 'sieved-path', 'sieved-joint'] as const).map((id) => [id, 'lora']),
    counts: 'equal or better',
    of: 'some',
  },
  {
    number: 7,
    asks: 'Is the learned choice better than chance, and than r alone?',
    pairs: [
      ['ts-50', 'random'],
      ['ts-50', 'quantile'],
    ],
    counts: 'better',
    of: 'every',
  },
];

/** A family of its own. */
export const PAPER_QUESTION: Question = {
  number: 9,
  asks: 'Does the paper’s own setting (λ 4.5e-5 a token, τ learning rate 4e-5, 10⁴ steps) differ?',
  pairs: [['paper', 'paper-coin']],
  counts: 'better',
  of: 'every',
};

/** What the plan compares besides: no question, and not corrected. */
export const EXPLORATORY: readonly (readonly [ReadingId, ReadingId])[] = [
  ...(['lora-dropout', 'ts-30', 'ts-70', 'quantile', 'late', 'gatera', 'dora'] as const).map(
    (id) => [id, 'lora'] as const,
  ),
  ['ts-dora', 'dora'],
  ['ts-50', 'gatera'],
];

/** What a comparison shows after correction. A small difference may be shown and lie within the margin all the same. */
export interface Shown {
  direction: 'better' | 'worse' | null;
  equal: boolean;
}

export interface Tested extends Shown {
  estimate: number;
  /** 95 % before correction. */
  low: number;
  high: number;
  /** The same of each seed. */
  bySeed: number[];
  /** p of no difference, and of one as large as the margin: as they are, and corrected. */
  different: number;
  similar: number;
  corrected: { different: number; similar: number };
}

/** The cells of a model, set by set in the plan's order. */
export type CellsBySet = ReadonlyMap<string, readonly Cell[]>;

export interface Comparison {
  question: number;
  a: ReadingId;
  b: ReadingId;
  set: string;
  tested: Tested | null;
  /** What it still lacks; empty where it is tested. */
  missing: string;
}

/** The tier of a model that has a reading; null where it is not planned on that model. */
export function plannedOn(model: CellId['model'], id: ReadingId): Tier | null {
  const reading: Reading & { way?: SieveWay } = READINGS[id];
  if (reading.way && !sievedOn(model).some(({ way, share }) => way === reading.way && share === 0.5)) return null;
  return tierOf(model, reading.method);
}

/** The tier that a model's table is made of. */
export const mainTier = (model: CellId['model']): Tier => plannedOn(model, 'lora')!;

const total = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);

/** One reading's minus another's loss by example; null where a seed is missing. */
function pairOf(cells: readonly Cell[], a: ReadingId, b: ReadingId, seeds: readonly number[]) {
  const [of, against] = [a, b].map((id) => measuredOf(cells, READINGS[id], seeds).measured);
  const both = seeds.flatMap((_, i) => (of[i] && against[i] ? [[of[i], against[i]] as const] : []));
  if (both.length < seeds.length) return { done: both.length, pair: null };
  return {
    done: both.length,
    pair: {
      differences: both.map(([x, y]) => x.sums.map((sum, e) => sum - y.sums[e])),
      tokens: both[0][0].tokens,
    },
  };
}

/** Loss of a reading on all examples, seed by seed; null where it is missing. */
export const lossesOf = (cells: readonly Cell[], id: ReadingId, seeds: readonly number[]): (number | null)[] =>
  measuredOf(cells, READINGS[id], seeds).measured.map((m) => m && total(m.sums) / total(m.tokens));

/** A pair on every set that has both, by the seeds that both have. */
const onSets = (model: CellId['model'], cellsBySet: CellsBySet, [a, b]: readonly [ReadingId, ReadingId]) => {
  const tiers = [plannedOn(model, a), plannedOn(model, b)];
  const seeds = tiers.map((t) => t?.seeds ?? []).reduce((x, y) => x.filter((seed) => y.includes(seed)));
  return [...cellsBySet]
    .filter(([set]) => tiers.every((t) => t !== null && (t.sets?.includes(set) ?? true)))
    .map(([set, cells]) => ({ a, b, set, seeds: seeds.length, ...pairOf(cells, a, b, seeds) }));
};

/** Difference, its interval of 95 % and its seeds, without a test. */
export function measuredPair(pair: Paired) {
  const drawn = bootstrap(pair);
  const [low, high] = percentiles(drawn);
  const bySeed = pair.differences.map((d) => total(d) / total(pair.tokens));
  return { drawn, found: { estimate: drawn.estimate, low, high, bySeed } };
}

/** The pairs outside the questions, where they are measured. */
export const explored = (model: CellId['model'], cellsBySet: CellsBySet) =>
  EXPLORATORY.flatMap((pair) =>
    onSets(model, cellsBySet, pair).map(({ a, b, set, pair: own }) => ({
      a,
      b,
      set,
      found: own && measuredPair(own).found,
    })),
  );

/** All comparisons of a model's family, corrected together: those that are not there yet count as planned. */
export function compare(
  model: CellId['model'],
  cellsBySet: CellsBySet,
  questions: readonly Question[] = QUESTIONS,
): Comparison[] {
  const found = questions.flatMap(({ number, pairs }) =>
    pairs.flatMap((pair) => onSets(model, cellsBySet, pair).map((on) => ({ question: number, ...on }))),
  );
  const tested = found.map(({ pair }) => {
    if (!pair) return null;
    const { drawn, found: measured } = measuredPair(pair);
    return { ...measured, different: pDifferent(drawn), similar: pEqual(drawn, MARGIN) };
  });
  const corrected = holm(
    tested.flatMap((t) => (t ? [t.different, t.similar] : [])),
    2 * found.length,
  );
  let at = 0;
  return found.map(({ question, a, b, set, seeds, done }, i): Comparison => {
    const result = tested[i];
    if (!result) return { question, a, b, set, tested: null, missing: `${done} of ${seeds} seeds` };
    const [different, similar] = [corrected[at++], corrected[at++]];
    const sign = result.estimate < 0 ? 'better' : 'worse';
    return {
      question,
      a,
      b,
      set,
      missing: '',
      tested: {
        ...result,
        corrected: { different, similar },
        direction: different < LEVEL ? sign : null,
        equal: similar < LEVEL,
      },
    };
  });
}

export interface Answer {
  question: Question;
  /** Of each pair: sets on which it holds, of those that are tested, of those that are planned. */
  pairs: { a: ReadingId; b: ReadingId; holds: string[]; tested: number; planned: number }[];
  /** Open as long as a comparison that could change it is missing. */
  answer: 'yes' | 'no' | 'open';
}

export function answers(comparisons: readonly Comparison[], questions: readonly Question[] = QUESTIONS): Answer[] {
  return questions.flatMap((question): Answer[] => {
    const holds = ({ tested }: Comparison) =>
      tested?.direction === 'better' || (question.counts === 'equal or better' && tested?.equal === true);
    const pairs = question.pairs.flatMap(([a, b]) => {
      const own = comparisons.filter((c) => c.question === question.number && c.a === a && c.b === b);
      const tested = own.filter((c) => c.tested);
      const counts = { holds: own.filter(holds).map((c) => c.set), tested: tested.length, planned: own.length };
      return own.length > 0 ? [{ a, b, ...counts }] : [];
    });
    if (pairs.length === 0) return [];
    const enough = pairs.map((p) => p.holds.length >= Math.min(NEEDED, p.planned));
    const yes = question.of === 'some' ? enough.some(Boolean) : enough.every(Boolean);
    const done = pairs.every((p) => p.tested === p.planned);
    return [{ question, pairs, answer: yes ? 'yes' : done ? 'no' : 'open' }];
  });
}

/** Question 2: of the modules' active shares, the rank correlation of real signs with coins, and between seeds. */
export interface Shares {
  /** Mean skipped share of the snapshots, real and coin. */
  skipped: [number, number];
  withCoin: number | null;
  betweenSeeds: number | null;
}

/** Null where a seed is missing. */
export function sharesOf(cells: readonly Cell[], seeds: readonly number[]): Shares | null {
  const [real, coin] = (['reconstructed', 'coin'] as const).map((id) =>
    measuredOf(cells, READINGS[id], seeds).measured.flatMap((m) => (m?.active ? [{ ...m, active: m.active }] : [])),
  );
  if (real.length < seeds.length || coin.length < seeds.length) return null;
  const pairs = real.flatMap((r, i) => spearman(r.active, coin[i].active) ?? []);
  return {
    skipped: [mean(real.map((m) => m.skipped!)), mean(coin.map((m) => m.skipped!))],
    withCoin: pairs.length > 0 ? mean(pairs) : null,
    betweenSeeds: rankStability(real.map((m) => m.active)),
  };
}

/** Whether a set has all that a tier asks for. */
export const isComplete = (cells: readonly Cell[], tier: Tier): boolean =>
  (Object.keys(READINGS) as ReadingId[])
    .filter((id) => plannedOn(tier.model, id) === tier)
    .every((id) => measuredOf(cells, READINGS[id], tier.seeds).measured.every((m) => m !== null));
