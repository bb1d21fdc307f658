/** What the PyTorch twin found, in docs/claims/runs.md: the ten cells again, and updates skipped one by one. */
import { spearman } from '../../src/shared/stats';
import { fixed, percent, signed } from '../../src/ui/format';
import { grid } from './markdown';
import { type CellId, TWIN } from './plan';

/** A cell by one of the two. */
interface Side {
  /** Step and dev loss of each evaluation. */
  devs: [number, number][];
  bestStep: number;
  sums: number[];
  skipped: number | null;
}

/** A line of twin.jsonl. */
export interface TwinCell extends CellId {
  tokens: number[];
  engine: Side;
  twin: Side;
}

/** A line of leave-one-out.jsonl. */
export interface LeftOut extends CellId {
  examples: number;
  points: number;
  /** Σ over the examples in nats: without an adapter, with it, and what all of its updates are worth along the path. */
  base: number;
  adapted: number;
  worth: number;
  /** Of the twin's loss of an example against the engine's, in nats. */
  largestError: number;
  /** Example, module, token, what the update is worth, and what its example's loss rises by without it; in nats. */
  updates: [number, number, number, number, number][];
}

const total = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
const lossOf = ({ tokens }: TwinCell, { sums }: Side) => total(sums) / total(tokens);

/**
 * How far the two are apart: of the dev loss at the first evaluation and at any that both have, and of the validation
 * loss.
 */
export function distances(cell: TwinCell): { first: number; most: number; end: number; agree: boolean } {
  const { engine, twin } = cell;
  const apart = engine.devs.flatMap(([step, loss]) => {
    const other = twin.devs.find(([s]) => s === step);
    return other ? [Math.abs(other[1] - loss)] : [];
  });
  const [first, end] = [apart[0] ?? Infinity, lossOf(cell, twin) - lossOf(cell, engine)];
  const agree = first <= TWIN.tolerance.first && Math.abs(end) <= TWIN.tolerance.end;
  return { first, most: Math.max(...apart), end, agree };
}

export function twinPart(cells: readonly TwinCell[]): string[] {
  const head = ['## Does the PyTorch twin find the same?', ''];
  if (cells.length === 0) return [...head, 'Not yet run.', ''];
  const found = cells.map((cell) => ({ cell, ...distances(cell) }));
  const share = (x: number | null) => (x === null ? '–' : percent(x, 1));
  const { first, end } = TWIN.tolerance;
  return [
    ...head,
    `The same A and batches, in PyTorch. Agreed: the first dev loss within ${first}, the validation loss at the end within ${end} nats/token. **${found.filter(({ agree }) => agree).length} of ${cells.length} agree**; ${TWIN.sets.length * TWIN.methods.length} are planned.`,
    '',
    ...grid(
      [
        'set',
        'method',
        'first dev loss, apart',
        'any dev loss, apart',
        'loss, engine',
        'loss, twin − engine',
        'skipped, engine',
        'skipped, twin',
        'steps, engine and twin',
        'agree',
      ],
      found.map(({ cell, first: atFirst, most, end: atEnd, agree }) => [
        cell.set,
        cell.method,
        atFirst.toExponential(1),
        most.toExponential(1),
        fixed(lossOf(cell, cell.engine), 4),
        signed(atEnd, 4),
        share(cell.engine.skipped),
        share(cell.twin.skipped),
        `${cell.engine.bestStep}, ${cell.twin.bestStep}`,
        agree ? 'yes' : 'no',
      ]),
    ),
  ];
}

/** How many of these differences help (the loss rises without the update), hurt, or do neither. */
export function counts(updates: LeftOut['updates']): { help: number; hurt: number; neither: number } {
  const rises = updates.map(([, , , , rise]) => rise);
  const [help, hurt] = [rises.filter((x) => x > 0).length, rises.filter((x) => x < 0).length];
  return { help, hurt, neither: rises.length - help - hurt };
}

export function leftOutPart(lines: readonly LeftOut[]): string[] {
  const head = ['## What is one token update worth? (each skipped alone)', ''];
  if (lines.length === 0) return [...head, 'Not yet run.', ''];
  return [
    ...head,
    ...lines.flatMap((line) => {
      const { set, model, method, seed, updates, examples, base, adapted, worth, points, largestError } = line;
      const { help, hurt, neither } = counts(updates);
      const share = (n: number) => percent(n / updates.length, 1);
      const [path, rise] = [3, 4].map((i) => updates.map((u) => u[i]));
      const some = updates.filter((u) => u[4] !== 0);
      const rank = (of: LeftOut['updates']) =>
        spearman(
          of.map((u) => u[3]),
          of.map((u) => u[4]),
        );
      const agree = some.filter((u) => Math.sign(u[3]) === Math.sign(u[4])).length / Math.max(1, some.length);
      return [
        `${model}, ${set}, ${method}, seed ${seed}: ${updates.length} updates of ${examples} validation examples, each skipped alone. ${share(help)} help (the loss rises without them), ${share(hurt)} hurt, ${share(neither)} change nothing. Rank correlation with path attribution (${points} points) ${fixed(rank(updates), 2)}, ${fixed(rank(some), 2)} without those that change nothing; the sign is the same for ${percent(agree, 1)} of these. Sum over the updates: ${fixed(total(rise), 4)} nats skipped one by one, ${fixed(total(path), 4)} along the path. All updates of these examples: ${fixed(worth, 3)} nats along the path, ${fixed(base - adapted, 3)} measured. The twin's loss of an example is within ${largestError.toExponential(1)} nats of the engine's.`,
        '',
      ];
    }),
  ];
}
