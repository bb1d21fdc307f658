/** Question 8: which modules each ranking chooses, and what is still to be trained. Nothing here trains. */
import { Rng } from '../../src/shared/rng';
import { withinShare } from '../../src/store/experiments/plan';
import type { Cell } from './cell';
import { plain, searchBy } from './cells';
import { type CellId, PLACEMENT } from './plan';

export const RANKINGS = ['active', 'r', 'path', 'gradient', 'weight', 'change', 'relative'] as const;
export type RankingBy = (typeof RANKINGS)[number];
/** A ranking, or one of the random draws; draw 0 is the one that rates are searched on. */
export type PlacedBy = RankingBy | `random ${number}`;
export const DRAWS = Array.from({ length: PLACEMENT.draws }, (_, i): PlacedBy => `random ${i + 1}`);

/** A module of the model, with its parameters as LoRA's. */
export interface Part {
  /** `3.q_proj` */
  name: string;
  parameters: number;
}
/** What a ranking goes by; higher comes first. */
export type Scores = Part & Record<RankingBy, number>;

/** What the rankings of a set and seed are made of. */
export interface Probe {
  kind: 'probe';
  set: string;
  seed: number;
  modules: Scores[];
  cpuMs: number;
}

/** LoRA on some modules alone. */
export interface Placed extends Cell {
  kind: 'placed';
  ranking: PlacedBy;
  share: number;
  only: string[];
}
export type PlacementLine = Probe | Placed;

/**
 * Names of the modules that a ranking or a draw puts first. @param modules of a draw the model's own, else those of the
 * seed's probe
 */
export function choose(modules: readonly (Part | Scores)[], by: PlacedBy, share: number, seed: number): string[] {
  const draw = /^random (\d+)$/.exec(by);
  const rng = new Rng(1000 * seed + Number(draw?.[1] ?? 0));
  const score = modules.map((m) => (draw ? rng.float() : (m as Scores)[by as RankingBy]));
  return withinShare(modules, score, share).map(({ name }) => name);
}

export type Task =
  | { kind: 'probe'; seed: number }
  | { kind: 'placed'; by: PlacedBy; share: number; seed: number; rate: number };

const isPlaced = (line: PlacementLine): line is Placed => line.kind === 'placed';
export const placedOf = (lines: readonly PlacementLine[], by: PlacedBy, share: number): Placed[] =>
  lines.filter(isPlaced).filter((c) => c.ranking === by && c.share === share);

/** The rate of a share, for all rankings alike; null while it is searched. */
export function rateOf(lines: readonly PlacementLine[], share: number) {
  return searchBy(PLACEMENT.search, placedOf(lines, 'random 0', share), plain('lora'));
}

/**
 * What is to be done next on a set: rates, then of each seed its probe and all of its choices, so that seeds come in
 * whole.
 */
export function nextTask(lines: readonly PlacementLine[]): Task | null {
  for (const share of PLACEMENT.shares) {
    const found = rateOf(lines, share);
    if (!('next' in found)) continue;
    const [{ seed, rate }] = found.next;
    return { kind: 'placed', by: 'random 0', share, seed, rate };
  }
  for (const seed of PLACEMENT.seeds) {
    if (!lines.some((line) => line.kind === 'probe' && line.seed === seed)) return { kind: 'probe', seed };
    for (const share of PLACEMENT.shares)
      for (const by of [...RANKINGS, ...DRAWS]) {
        const found = rateOf(lines, share);
        if ('next' in found || placedOf(lines, by, share).some((c) => c.seed === seed)) continue;
        return { kind: 'placed', by, share, seed, rate: found.rate };
      }
  }
  return null;
}

/** Where a set's lines are kept, beside its cells. */
export const placementPlace = (set: string): Pick<CellId, 'model' | 'set'> => ({
  model: PLACEMENT.model,
  set: `placement-${set}`,
});
