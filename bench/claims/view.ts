/** What docs/claims.md shows of a model's stored cells: the figure's three panels and the table. */
import { type Interval, deviation, mean } from '../../src/shared/stats';
import type { ChartRow } from '../../src/ui/charts/intervals';
import type { Evidence } from '../../src/ui/experiment/evidence';
import { fixed, percent, signed } from '../../src/ui/format';
import type { PaperCell, PaperTable, Provenance } from '../../src/ui/paperTable';
import type { Cell } from './cell';
import { type Reading, measuredOf } from './cells';
import { type CellId, SIEVED, type Tier } from './plan';
import {
  type Answer,
  type CellsBySet,
  type Comparison,
  MARGIN,
  READINGS,
  type ReadingId,
  type Tested,
  compare,
  isComplete,
  lossesOf,
  mainTier,
  sharesOf,
  sieved,
} from './questions';

/** What is stored of a model, what its tier asks for, and its comparisons. */
export interface Runs {
  model: CellId['model'];
  tier: Tier;
  cellsBySet: CellsBySet;
  all: readonly Comparison[];
  /** Sets that have all that the tier asks for, and those that have all of LoRA, which others are compared with. */
  complete: readonly string[];
  begun: readonly string[];
}

export function runsOf(model: CellId['model'], stored: CellsBySet): Runs {
  const tier = mainTier(model);
  const cellsBySet = new Map([...stored].filter(([set]) => tier.sets?.includes(set) ?? true));
  const sets = [...cellsBySet];
  return {
    model,
    tier,
    cellsBySet,
    all: compare(model, cellsBySet),
    complete: sets.filter(([, cells]) => isComplete(cells, tier)).map(([set]) => set),
    begun: sets.filter(([, cells]) => lossesOf(cells, 'lora', tier.seeds).every((l) => l !== null)).map(([set]) => set),
  };
}

export const title = (id: ReadingId): string => READINGS[id].title;

/** A pair's result on a set; null where it is missing. */
export const testedOf = ({ all }: Pick<Runs, 'all'>, [a, b]: readonly [ReadingId, ReadingId], set: string) =>
  all.find((c) => c.a === a && c.b === b && c.set === set)?.tested ?? null;

export const rangeOf = ({ estimate, low, high }: Pick<Tested, 'estimate' | 'low' | 'high'>): string =>
  `${signed(estimate)} (${signed(low)} to ${signed(high)})`;

/** What a comparison shows, in words. */
export const wordsOf = ({ direction, equal }: Tested): string => {
  const within = `within ±${MARGIN}`;
  if (direction) return equal ? `${direction}, ${within}` : direction;
  return equal ? `equal ${within}` : 'no difference shown';
};

export function answerLine({ question, pairs, answer }: Answer): string {
  const said = { yes: 'Yes', no: 'No', open: 'Open' }[answer];
  const of = pairs.map(({ a, b, holds, tested, planned }) => {
    const on = holds.length > 0 ? ` (${holds.join(', ')})` : '';
    return `${title(a)} − ${title(b)} ${question.counts} on ${holds.length}${on} of ${tested} sets${tested < planned ? ` tested, ${planned} planned` : ''}`;
  });
  return `${question.asks} **${said}**: ${of.join('; ')}.`;
}

/** Readings that the plan compares with LoRA's, in the figure's order. */
const AGAINST_LORA = ['lora-scaled', 'ts-50', 'soft', 'sieved-ratio', 'sieved-path', 'sieved-joint'] as const;

/** Rows of the table. */
const TABLE: readonly ReadingId[] = [
  'lora',
  'lora-scaled',
  'ts-50',
  'reconstructed',
  'coin',
  'random',
  'soft',
  'sieved-ratio',
];

/** A reading has one colour in all panels. */
const MARKS: Partial<Record<ReadingId, number>> = {
  'ts-50': 2,
  reconstructed: 3,
  coin: 4,
  random: 5,
  soft: 6,
  'sieved-ratio': 7,
  'sieved-path': 8,
  'sieved-joint': 8,
};
const markOf = (id: ReadingId): string => `mark-${MARKS[id] ?? 1}`;

const intervalOf = (t: Tested): Interval => ({ mean: t.estimate, half: null, n: t.bySeed.length });

const rowOf = (t: Tested, row: Pick<ChartRow, 'label' | 'mark' | 'group'>): ChartRow => ({
  ...row,
  interval: intervalOf(t),
  ends: [t.low, t.high],
  values: t.bySeed,
});

/** The three panels, as far as there are cells; null before the first comparison. */
export function evidenceOf(runs: Runs): Evidence | null {
  const { tier, cellsBySet } = runs;
  const signs = [...cellsBySet].flatMap(([set, cells]): ChartRow[] => {
    const tested = testedOf(runs, ['reconstructed', 'coin'], set);
    const shares = sharesOf(cells, tier.seeds);
    if (!tested || !shares) return [];
    const [real, coin] = shares.skipped.map((s) => percent(s));
    return [rowOf(tested, { label: `${set}: ${real} | ${coin}`, mark: markOf('reconstructed') })];
  });
  const against = [...cellsBySet.keys()].flatMap((set) => {
    const rows = AGAINST_LORA.flatMap((id): ChartRow[] => {
      const tested = testedOf(runs, [id, 'lora'], set);
      return tested ? [rowOf(tested, { label: title(id), mark: markOf(id) })] : [];
    });
    return rows.map((row, i) => (i === 0 ? { ...row, group: set } : row));
  });
  if (signs.length + against.length === 0) return null;
  return { signs, against: { baseline: 'LoRA', rows: against }, margin: MARGIN, skip: skipOf(runs) };
}

const total = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);

/** Loss minus LoRA's against skipped share: means over seeds, and over the sets that are complete (else begun). */
function skipOf({ tier: { seeds }, cellsBySet, complete, begun }: Runs): Evidence['skip'] {
  const sets = complete.length > 0 ? complete : begun;
  const at = (reading: Reading): [number, number] | null => {
    const points = sets.map((set): [number, number] | null => {
      const cells = cellsBySet.get(set)!;
      const measured = measuredOf(cells, reading, seeds).measured.filter((m) => m !== null);
      if (measured.length < seeds.length) return null;
      const lora = mean(lossesOf(cells, 'lora', seeds).map((l) => l!));
      const loss = mean(measured.map((m) => total(m.sums) / total(m.tokens)));
      return [mean(measured.map((m) => m.skipped ?? 0)), loss - lora];
    });
    const there = points.filter((p) => p !== null);
    return there.length < sets.length || sets.length === 0
      ? null
      : [mean(there.map(([x]) => x)), mean(there.map(([, y]) => y))];
  };
  const points = (['lora', 'ts-50', 'reconstructed', 'coin', 'random', 'soft'] as const).flatMap((id) => {
    const point = at(READINGS[id]);
    if (!point) return [];
    const [x, y] = point;
    return [{ label: title(id), mark: markOf(id), x, y: { mean: y, half: null, n: seeds.length } }];
  });
  const lines = (['ratio', 'path'] as const).flatMap((way) => {
    const drawn = SIEVED[way].flatMap((share) => [at(sieved(way, share)) ?? []].filter((p) => p.length > 0));
    const label = way === 'ratio' ? 'afterwards, median r' : 'afterwards, path';
    return drawn.length === 0
      ? []
      : [{ label, mark: markOf(`sieved-${way}`), points: [[0, 0], ...drawn] as [number, number][] }];
  });
  return { title: 'Loss minus LoRA’s against skipped share', points, lines, level: null };
}

const MISSING: PaperCell = { text: '–', value: null };

/** Loss minus LoRA's on each set that is begun; of LoRA itself the loss. Null before the first such set. */
export function tableOf(runs: Runs): PaperTable | null {
  const { model, tier, cellsBySet, begun } = runs;
  if (begun.length === 0) return null;
  const cell = (id: ReadingId, set: string): PaperCell => {
    const cells = cellsBySet.get(set)!;
    const [own, lora] = [id, 'lora' as const].map((r) => lossesOf(cells, r, tier.seeds));
    const differences = own.flatMap((l, i) => (l === null || lora[i] === null ? [] : [l - lora[i]]));
    if (differences.length < tier.seeds.length) return MISSING;
    if (id === 'lora') return { text: fixed(mean(lora.map((l) => l!))), value: mean(lora.map((l) => l!)) };
    const tested = testedOf(runs, [id, 'lora'], set);
    return tested
      ? { text: rangeOf(tested), value: tested.estimate }
      : { text: `${signed(mean(differences))} (SD ${fixed(deviation(differences))})`, value: mean(differences) };
  };
  const skipped = (id: ReadingId): PaperCell => {
    const shares = begun.flatMap((set) => {
      const { measured } = measuredOf(cellsBySet.get(set)!, READINGS[id], tier.seeds);
      return measured.every((m) => m !== null) ? measured.flatMap((m) => m.skipped ?? []) : [];
    });
    return shares.length > 0 ? { text: percent(mean(shares)), value: mean(shares) } : MISSING;
  };
  const rows = TABLE.filter((id) => tier.methods.includes(READINGS[id].method));
  return {
    name: 'claims',
    caption: `Validation loss (nats/token) of LoRA, and of the others minus LoRA’s: ${model}, ${tier.seeds.length} seeds, 95 % interval of the bootstrap over examples × seeds before correction; where the plan makes no comparison, the standard deviation (SD) over seeds. Skipped: of the snapshot that is measured. –: not there yet, or no gate.`,
    columns: [
      { label: 'method', number: false },
      { label: 'skipped', number: true },
      ...begun.map((label) => ({ label, number: true })),
    ],
    rows: rows.map((id) => [{ text: title(id) }, skipped(id), ...begun.map((set) => cell(id, set))]),
    provenance: provenanceOf(runs, rows.length),
  };
}

function provenanceOf({ model, tier, cellsBySet, begun }: Runs, rows: number): Provenance {
  const all = begun.flatMap((set): readonly Cell[] => cellsBySet.get(set)!);
  const unique = (of: readonly (string | number)[]) => [...new Set(of)].join(', ');
  const facts = [
    model,
    unique(all.map((c) => c.by.device)),
    unique(all.map((c) => `${c.set} ${c.by.data.slice(0, 12)}`)),
    unique(all.map((c) => c.by.split)),
    unique(tier.seeds),
    unique(all.map((c) => c.by.software)),
  ];
  return {
    labels: ['Model', 'Device', 'Rows (SHA-256)', 'Split seed', 'Seeds', 'Software'],
    rows: Array.from({ length: rows }, () => facts),
  };
}
