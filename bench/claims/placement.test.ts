/** Question 8: choices within a budget, the order of what is trained, and the report of made-up cells. */
import { expect, test } from 'vitest';
import type { Cell } from './cell';
import { DRAWS, type PlacementLine, type Placed, RANKINGS, type Scores, choose, nextTask } from './placement';
import { placementPart } from './placementPart';
import { PLACEMENT } from './plan';

const MODULES = Array.from({ length: 8 }, (_, i): Scores => {
  const scores = Object.fromEntries(RANKINGS.map((by, k) => [by, (i * (k + 3)) % 8])) as Record<string, number>;
  return { name: `${i}.q_proj`, parameters: 10, ...scores } as Scores;
});

function placed(task: { by: Placed['ranking']; share: number; seed: number; rate: number }, more = 0): Placed {
  const noise = (e: number) => 0.01 * Math.sin(7 * e + 3 * task.seed + task.by.length);
  const sums = Array.from({ length: 40 }, (_, e) => 1 + more + noise(e));
  const cell = {
    model: PLACEMENT.model,
    set: 'sms-spam',
    method: 'lora',
    dev: Math.abs(Math.log(task.rate / 4.64e-3)),
  };
  const by = { software: 'a test', device: '', data: '', split: 1 };
  const measured = { sums, tokens: sums.map(() => 1), skipped: null, bestStep: 1, steps: 1, ms: 1, cpuMs: 1, by };
  const only = choose(MODULES, task.by, task.share, task.seed);
  return {
    kind: 'placed',
    ranking: task.by,
    share: task.share,
    only,
    ...cell,
    ...measured,
    seed: task.seed,
    rate: task.rate,
  } as Placed & Cell;
}

/** All of a set, as the plan goes. */
function whole(more: (by: string) => number): PlacementLine[] {
  const lines: PlacementLine[] = [];
  for (let task = nextTask(lines); task; task = nextTask(lines))
    lines.push(
      task.kind === 'probe'
        ? { kind: 'probe', set: 'sms-spam', seed: task.seed, modules: MODULES, cpuMs: 1 }
        : placed(task, more(task.by)),
    );
  return lines;
}

test('a ranking gets its first modules within the budget; draws differ by number and seed, and are the same again', () => {
  expect(choose(MODULES, 'active', 0.25, 1)).toEqual(
    [...MODULES]
      .sort((a, b) => b.active - a.active)
      .slice(0, 2)
      .sort((a, b) => a.name.localeCompare(b.name))
      .map((m) => m.name),
  );
  expect(choose(MODULES, 'random 3', 0.5, 1)).toHaveLength(4);
  expect(choose(MODULES, 'random 3', 0.5, 1)).toEqual(choose(MODULES, 'random 3', 0.5, 1));
  const different = new Set([...DRAWS, 'random 0' as const].map((by) => choose(MODULES, by, 0.5, 1).join()));
  expect(different.size).toBeGreaterThan(6);
});

test('each share has a rate before a seed begins, and a seed its probe before its choices', () => {
  expect(nextTask([])).toMatchObject({ by: 'random 0', share: 0.25, seed: 101, rate: 2.15e-3 });
  const lines = whole(() => 0);
  const rates = lines.flatMap((l) => (l.kind === 'placed' && l.seed === 101 ? [`${l.share} ${l.rate}`] : []));
  expect(rates).toEqual([0.25, 0.5].flatMap((share) => [2.15e-3, 4.64e-3, 1e-2].map((rate) => `${share} ${rate}`)));
  const each = 2 * (RANKINGS.length + DRAWS.length);
  expect(lines.length).toBe(rates.length + PLACEMENT.seeds.length * (1 + each));
  expect(lines[rates.length]).toMatchObject({ kind: 'probe', seed: 1 });
  expect(lines.filter((l) => l.kind === 'placed' && l.seed === 1).every((l) => (l as Placed).rate === 4.64e-3)).toBe(
    true,
  );
});

test('the answer: yes where it is better everywhere, no as soon as it cannot be, open else', () => {
  expect(placementPart(new Map()).join('\n')).toContain('Not yet run.');
  const good = whole((by) => (by === 'active' ? 0 : 0.1));
  const said = placementPart(new Map([['sms-spam', good]])).join('\n');
  expect(said).toContain('**Open**: better in 14 of 28 comparisons, 14 missing.');
  expect(said).toMatch(/\| sms-spam \| 25 % \| random, mean of 10 draws \| 0\.00464 \| 1\.1.* \| −0\.1/);
  expect(said).toContain('| alpaca | 25 % | active share of TS-LoRA 50 % | – | not yet run |');
  const both = new Map(PLACEMENT.sets.map((set) => [set, good]));
  expect(placementPart(both).join('\n')).toContain('**Yes**: better in 28 of 28 comparisons, 0 missing.');
  const worse = whole((by) => (by === 'active' ? 0 : by === 'change' ? -0.1 : 0.1));
  expect(placementPart(new Map([['sms-spam', worse]])).join('\n')).toContain('**No**: better in 12 of 28');
});
