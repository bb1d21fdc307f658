import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runSchema } from '../../src/shared/config';
import { Rng } from '../../src/shared/rng';
import type { Cell } from './cell';
import { cellsOf, left, plain, searchBy } from './cells';
import {
  type ClaimMethod,
  METHOD_NAMES,
  MODELS,
  SEEDS,
  SIEVED,
  type Search,
  TIERS,
  TUNING_SEEDS,
  budgetOf,
  runOf,
  tierOf,
} from './plan';
import { type CellsBySet, PAPER_QUESTION, answers, compare } from './questions';
import { reportOf, storedBeside, storedCells } from './report';
import { SETS } from './sets';

const MODEL = 'sieve-stories-nano';
const EXAMPLES = 60;
const page =
  '# Claims\n<!-- found -->\nold\n<!-- /found -->\n<!-- figure --><!-- /figure -->\n<!-- table --><!-- /table -->\n';

/** Losses by example that nobody measured: those of LoRA, with noise of the seed, and `more` nats/token. */
function madeUp(seed: number, more: number, salt: number) {
  const examples = new Rng(7);
  const noise = new Rng(100 * salt + seed);
  const tokens = Array.from({ length: EXAMPLES }, () => 1 + examples.below(3));
  const sums = tokens.map((n) => n * (1 + examples.float() + more + 0.01 * noise.normal()));
  return { sums, tokens, skipped: null };
}

/** Cells of a method as if its best rate were 4.64e-3, with a loss that is `more` than LoRA's. */
function cellsFor(method: ClaimMethod, more: number, set = 'sms-spam'): Cell[] {
  const common = { model: MODEL, set, method, steps: 300, bestStep: 300, ms: 1, cpuMs: 1, rate: 4.64e-3 } as const;
  const by = { software: 'Sieve 0', device: 'a test', data: 'a'.repeat(64), split: 2026 };
  const salt = METHOD_NAMES.indexOf(method);
  const tuning = TUNING_SEEDS.flatMap((seed) =>
    [2.15e-3, 4.64e-3, 1e-2].map((rate): Cell => {
      const dev = 1 + Math.abs(Math.log(rate / 4.64e-3));
      return {
        ...common,
        by,
        seed,
        rate,
        sums: [],
        tokens: [],
        skipped: null,
        dev,
        scaled: { scale: 1, dev, sums: [], skipped: null },
      };
    }),
  );
  const table = SEEDS.map((seed): Cell => {
    const gated = method !== 'lora';
    const { sums, tokens } = madeUp(seed, more, salt);
    const skipped = gated ? 0.5 : null;
    return {
      ...common,
      by,
      seed,
      sums,
      tokens,
      skipped,
      dev: 1,
      active: gated ? [0.2 + seed / 100, 0.4, 0.9 - seed / 10] : undefined,
      scaled: { scale: 0.9, dev: 1, sums: sums.map((x) => x * 0.99), skipped },
      sieved: gated
        ? undefined
        : Object.entries(SIEVED).flatMap(([way, shares]) =>
            shares.map((share) => ({ way, share, sums: madeUp(seed, share / 5, 50).sums, skipped: share })),
          ),
    };
  });
  return [...tuning, ...table];
}

/** TS-LoRA 50 % loses nothing, coins 0.3, the rest 0.1. */
const MORE: Partial<Record<ClaimMethod, number>> = { lora: 0, 'ts-50': 0, coin: 0.3 };
const cells = (set = 'sms-spam') => TIERS.core.methods.flatMap((method) => cellsFor(method, MORE[method] ?? 0.1, set));
const whole = (): CellsBySet => new Map(Object.keys(SETS).map((set) => [set, cells(set)]));
const without = (gone: (cell: Cell) => boolean): CellsBySet =>
  new Map([...whole()].map(([set, all]) => [set, all.filter((c) => set === 'sms-spam' && !gone(c))]));
const find = (all: ReturnType<typeof compare>, a: string, b: string) =>
  all.find((c) => c.a === a && c.b === b && c.set === 'sms-spam')!;

describe('of made-up cells', () => {
  test('each comparison has its difference, an interval around it, and what it shows', () => {
    const all = compare(MODEL, whole());
    // 1 × 5, 3 × 5, 4 × 5, 5 × 5, 6: 5 × 5, 7: 5 with random; the quantile gate is planned on two sets.
    expect(all).toHaveLength(5 * (1 + 1 + 1 + 1 + 5 + 1) + 2);
    const coin = find(all, 'reconstructed', 'coin').tested!;
    expect(coin.estimate).toBeCloseTo(-0.2, 2);
    expect([coin.direction, coin.equal]).toEqual(['better', false]);
    // Noise of 0.01 a token on 200 examples and 5 seeds, of two methods; an example has 2 tokens on average.
    const spread = (coin.high - coin.low) / 2 / 1.96;
    expect(spread).toBeGreaterThan(0.2 * 0.01 * Math.sqrt(2 / (EXAMPLES * 5)));
    expect(spread).toBeLessThan(4 * 0.01 * Math.sqrt(2 / (EXAMPLES * 5)));
    expect(find(all, 'ts-50', 'lora').tested).toMatchObject({ equal: true });
    expect(find(all, 'soft', 'lora').tested).toMatchObject({ direction: 'worse', equal: false });
    const [first, , , fifth, sixth, seventh] = answers(all).map((a) => a.answer);
    expect([first, fifth, sixth, seventh]).toEqual(['yes', 'yes', 'yes', 'open']);
  });

  test('a seed that is missing is said to be, and nothing is guessed from the others', () => {
    const some = without((c) => c.method === 'coin' && c.seed === 5);
    const all = compare(MODEL, some);
    expect(find(all, 'reconstructed', 'coin')).toMatchObject({ tested: null, missing: '4 of 5 seeds' });
    expect(answers(all).map((a) => a.answer)).not.toContain('yes');
    // Corrected as if all that was planned had been there.
    const { different, corrected } = find(all, 'ts-50', 'random').tested!;
    expect(corrected.different).toBeGreaterThan(50 * different);
    const files = reportOf(new Map([[MODEL, some]]), page);
    expect(files['docs/claims.md']).toContain('0 of 5 sets complete');
    expect(files['docs/claims.md']).not.toMatch(/NaN|undefined|null|\bold\b/);
    expect(files['docs/claims/runs.md']).toContain(
      '| 1 | TS-LoRA, no target − coin, no target | sms-spam | – | – | – | missing: 4 of 5 seeds |',
    );
    expect(files['docs/claims/table.tex']).toMatch(/coin, no target & -- & --/);
    expect(files['docs/claims/figure.svg']).not.toContain('real signs');
    expect(files['docs/claims/figure.svg']).toContain('Loss minus LoRA, paired by seed');
  });

  test('a loss that is not finite counts as missing', () => {
    const broken = whole();
    const cell = broken.get('sms-spam')!.find((c) => c.method === 'coin' && c.seed === 1)!;
    (cell.sums as (number | null)[])[3] = null;
    expect(find(compare(MODEL, broken), 'reconstructed', 'coin').missing).toBe('4 of 5 seeds');
  });

  test('a whole set: three panels, eight rows, Markdown and LaTeX, and where it comes from', () => {
    const files = reportOf(new Map([[MODEL, without(() => false)]]), page);
    const svg = files['docs/claims/figure.svg']!;
    for (const said of ['a  ', 'b  ', 'c  ', 'sms-spam: 50 % | 50 %', 'LoRA + scale', 'coin, no target'])
      expect(svg).toContain(said);
    expect(svg).not.toContain('NaN');
    const shown = files['docs/claims.md'];
    expect(shown).toContain('1 of 5 sets complete (sms-spam)');
    expect(shown.split('\n').filter((l) => l.startsWith('| ')).length).toBe(2 + 8);
    expect(shown).toContain(
      'Device: a test. Rows (SHA-256): sms-spam aaaaaaaaaaaa. Split seed: 2026. Seeds: 1, 2, 3, 4, 5.',
    );
    expect(files['docs/claims/table.tex']).toContain('\\begin{tabular}{lrr}');
  });

  test('no cell at all', () => {
    const files = reportOf(new Map(), page);
    expect(files['docs/claims.md']).toContain('nothing yet; 0 of about');
    expect(files['docs/claims/figure.svg']).toBeNull();
    expect(files['docs/claims/table.tex']).toBeNull();
  });
});

describe('the search for a rate', () => {
  const tried = (losses: Record<number, number>, seed = 101): Cell[] =>
    Object.entries(losses).map(([rate, dev]) => ({ ...cellsFor('coin', 0)[0], rate: Number(rate), seed, dev }));
  const reading = plain('coin');
  const search = TIERS.core.rate as Search;
  const of = (rate: number, seed: number) => ({ method: 'coin', rate, seed });

  test('goes on until both neighbours are worse, then asks for the best two on the other seeds', () => {
    expect(searchBy(search, [], reading)).toEqual({ next: [2.15e-3, 4.64e-3, 1e-2].map((rate) => of(rate, 101)) });
    const first = tried({ 2.15e-3: 3, 4.64e-3: 2, 1e-2: 1 });
    expect(searchBy(search, first, reading)).toEqual({ next: [of(2.15e-2, 101)] });
    const all = [...first, ...tried({ 2.15e-2: 4 })];
    const finalists = [1e-2, 4.64e-3].flatMap((rate) => [102, 103].map((seed) => of(rate, seed)));
    expect(searchBy(search, all, reading)).toEqual({ next: finalists });
    const others = [102, 103].flatMap((seed) => tried({ 1e-2: 2, 4.64e-3: 1.2 }, seed));
    // 4.4 in all against 5: the seed that went first does not decide alone.
    expect(searchBy(search, [...all, ...others], reading)).toEqual({ rate: 4.64e-3 });
  });

  test('what is left: rates, then seeds, then nothing', () => {
    const place = { model: MODEL, set: 'sms-spam' } as const;
    expect(left(place, [], ['coin'], SEEDS).map((id) => id.seed)).toEqual([101, 101, 101]);
    const all = cellsFor('coin', 0);
    const tuning = all.filter((c) => c.seed > 100);
    expect(left(place, tuning, ['coin'], SEEDS).map((id) => id.seed)).toEqual(SEEDS);
    expect(left(place, all, ['coin'], SEEDS)).toEqual([]);
  });
});

describe('the plan', () => {
  test('each method is in one tier of a model at most, and each tier knows what its cells take', () => {
    for (const model of MODELS)
      for (const method of METHOD_NAMES) {
        const tiers = Object.values(TIERS).filter((t) => t.model === model && t.methods.includes(method));
        expect(tiers.length, `${method} on ${model}`).toBeLessThan(2);
        expect(tierOf(model, method)).toBe(tiers[0] ?? null);
      }
    const id = { set: 'alpaca', method: 'lora' } as const;
    expect(budgetOf({ ...id, model: MODEL, seed: 1 })).toMatchObject({ steps: 300, dev: 128, patience: 4 });
    expect(budgetOf({ ...id, model: MODEL, seed: 101 }).steps).toBe(150);
    expect(budgetOf({ ...id, model: 'sieve-stories-4m', seed: 101 }).steps).toBe(50);
    expect(budgetOf({ ...id, model: MODEL, method: 'paper', seed: 1 })).toMatchObject({ steps: 1e4, patience: null });
  });

  test('the paper’s constants, whatever the batch, and the modules of a model', () => {
    // λ for each active token: the setting is that times the tokens of a step.
    for (const rule of ['reconstructed', 'coin', 'literal']) {
      const method = rule === 'reconstructed' ? 'paper' : (`paper-${rule}` as ClaimMethod);
      const { gate } = runSchema.parse({ id: 'a', name: 'a', ...runOf({ model: MODEL, method }, 200) });
      expect(gate).toMatchObject({ rule, tauLearningRate: 4e-5, targetSparsity: null });
      expect(gate.sparsityPenalty / 200).toBeCloseTo(4.5e-5, 12);
    }
    expect(runOf({ model: 'smollm2-135m', method: 'coin' }, 1)).toMatchObject({ modules: ['q_proj', 'v_proj'] });
  });

  test('a tier with one rate has no search, and one that is searched by LoRA asks for nothing else', () => {
    const wanted = (tier: (typeof TIERS)[keyof typeof TIERS], cells: Cell[] = []) =>
      left({ model: tier.model, set: 'sms-spam' }, cells, tier.methods, tier.seeds);
    expect(wanted(TIERS.paper).map(({ method, seed, rate }) => [method, seed, rate])).toEqual(
      TIERS.paper.methods.flatMap((method) => [1, 2, 3].map((seed) => [method, seed, 2.15e-3])),
    );
    expect(new Set(wanted(TIERS.smollm2).map(({ method, seed }) => `${method} ${seed}`))).toEqual(
      new Set(['lora 101']),
    );
    const cells = [4.64e-4, 1e-3, 2.15e-3].map(
      (rate): Cell => ({
        ...cellsFor('lora', 0)[0],
        model: 'smollm2-135m',
        rate,
        dev: Math.abs(rate - 1e-3),
        scaled: undefined,
      }),
    );
    const next = wanted(TIERS.smollm2, cells);
    expect(next.map(({ method, seed, rate }) => `${method} ${seed} ${rate}`)).toEqual(
      ['lora', 'ts-50', 'coin'].flatMap((method) => [1, 2].map((seed) => `${method} ${seed} 0.001`)),
    );
  });
});

describe('beside the questions', () => {
  const stored = (more: Cell[]): CellsBySet =>
    new Map([...without(() => false)].map(([set, all]) => [set, [...all, ...(set === 'sms-spam' ? more : [])]]));
  const runsPage = (cells: CellsBySet) => reportOf(new Map([[MODEL, cells]]), page)['docs/claims/runs.md'];

  const end = (active: number[]) => ({ dev: 0.2, skipped: 0.4, active });
  const paperCells = (method: ClaimMethod, more: number, active: number[]) =>
    cellsFor(method, more)
      .filter((c) => c.seed <= 3)
      .map((c): Cell => ({ ...c, rate: 2.15e-3, end: end(active) }));
  const [real, coins] = [paperCells('paper', 0, [0.1, 0.5, 0.9]), paperCells('paper-coin', 0.3, [0.9, 0.5, 0.1])];

  test('what has no cell is said not to be run, and the first tier is complete without it', () => {
    const files = reportOf(new Map([[MODEL, stored([])]]), page);
    expect(files['docs/claims.md']).toContain('1 of 5 sets complete (sms-spam)');
    expect(files['docs/claims/runs.md']).toMatch(/### Compared besides\n\nNot yet run\./);
    expect(files['docs/claims/runs.md']).toMatch(/\(question 9\)\n\nNot yet run\./);
    expect(files['docs/claims/runs.md']).toContain('Not yet run: sieve-stories-4m, tinystories-656k, smollm2-135m.');
  });

  test('the second tier is compared with LoRA over its own seeds, without a test; question 9 is a family of one', () => {
    const second = [...cellsFor('gatera', 0.2), ...cellsFor('dora', -0.1)].filter((c) => c.seed > 100 || c.seed <= 3);
    const said = runsPage(stored([...second, ...real, ...coins]));
    expect(said).toMatch(/\| GateRA − LoRA \| sms-spam \| \+0\.(19|20)\d \(/);
    expect(said).toMatch(/\| DoRA − LoRA \| sms-spam \| −0\.(09|10)\d \(/);
    expect(said).toContain('| TS-DoRA 50 % − DoRA | sms-spam | not yet run |');
    expect(said).toMatch(/\| sms-spam \| GateRA \| 0\.00464 \| [\d.]+ \([\d.]+\) \|/);
    expect(said).toMatch(/differ\? \*\*Yes\*\*: the paper’s constants − the paper’s constants, coin better on 1/);
    expect(said).toMatch(/\| the paper’s constants, 3 of 3 seeds \| .* \| 0\.2000 \| 40\.0 % \| −1\.00 \|/);
    // p of one hypothesis is not multiplied by those of the others.
    const [nine] = compare(MODEL, stored([...real, ...coins]), [PAPER_QUESTION]);
    expect(nine.tested!.corrected.different).toBeLessThanOrEqual(2 * nine.tested!.different);
    const [open] = compare(MODEL, stored([...real, ...coins.slice(1)]), [PAPER_QUESTION]);
    expect(open.missing).toBe('2 of 3 seeds');
  });
});

test('docs/claims.md and what belongs to it are what the stored cells give', () => {
  const files = reportOf(storedCells(Object.keys(SETS)), readFileSync('docs/claims.md', 'utf8'), storedBeside());
  for (const [path, text] of Object.entries(files))
    if (text !== null) expect(readFileSync(path, 'utf8'), path).toBe(text);
  const twice = Object.keys(SETS).filter((set) => {
    const ids = cellsOf({ model: MODEL, set }, 'docs/claims/cells').map((c) => `${c.method} ${c.seed} ${c.rate}`);
    return new Set(ids).size < ids.length;
  });
  expect(twice).toEqual([]);
});
