/** Trains one cell of the plan as the page would, and measures it by example, so that examples can be drawn again. */
import { version } from '../../package.json';
import { exampleCount } from '../../src/data/batches';
import type { Trainer } from '../../src/engine';
import {
  type RunConfig,
  type TrainConfig,
  isGated,
  runSchema,
  sessionSchema,
  trainSchema,
} from '../../src/shared/config';
import type { TokenBatch, TokenSet } from '../../src/shared/types';
import { Lock } from '../../src/train/lock';
import type { OpenModel } from '../../src/train/openModel';
import type { TrainEvent } from '../../src/train/protocol';
import { Session } from '../../src/train/session';
import { shrink } from '../../src/train/shrink';
import { firstBatches, sieveData } from '../../src/train/sieve/data';
import { Sieve } from '../../src/train/sieve/sieve';
import { type Budget, type CellId, SCALED, TRAIN, TUNING_SEEDS, budgetOf, runOf, sievedOn } from './plan';
import type { PlanSet } from './sets';

/** Σ loss and supervised tokens of each validation example, in order; and what a gate did on all of them. */
export interface Measured {
  sums: number[];
  tokens: number[];
  skipped: number | null;
  /** Active share by module, bottom up. */
  active?: number[];
}

export interface Cell extends CellId, Measured {
  /** Dev loss of the snapshot that is measured, and the step it was taken at. */
  dev: number;
  bestStep: number;
  steps: number;
  /** The same adapter at the scale that is best on the dev split. */
  scaled?: { scale: number; dev: number } & Pick<Measured, 'sums' | 'skipped'>;
  /** What the finished adapter does with gates that it was given afterwards; of LoRA. */
  sieved?: ({ way: string; share: number } & Pick<Measured, 'sums' | 'skipped'>)[];
  /**
   * At the last step of a run without patience, whatever step is measured: dev loss, and what its gates did in the last
   * tenth.
   */
  end?: { dev: number; skipped: number; active: number[] };
  /** Wall time, and what the process computed in it. */
  ms: number;
  cpuMs: number;
  /** What wrote it, what computed it, SHA-256 of the set's rows, and the seed of its split. */
  by: { software: string; device: string; data: string; split: number };
}

async function measure(trainer: Trainer, runId: string, batches: readonly TokenBatch[]): Promise<Measured> {
  const [sums, tokens]: number[][] = [[], []];
  for (const batch of batches) {
    const [losses] = await trainer.measurements.targetLosses([runId], batch);
    let at = 0;
    for (let s = 0; s + 1 < batch.starts.length; s++) {
      let [sum, n] = [0, 0];
      for (let t = batch.starts[s]; t < batch.starts[s + 1]; t++) {
        if (batch.targets[t] < 0) continue;
        sum += losses[at++];
        n++;
      }
      sums.push(Number(sum.toPrecision(5)));
      tokens.push(n);
    }
  }
  if (!isGated(trainer.run(runId).config)) return { sums, tokens, skipped: null };
  const [{ gate }] = await trainer.evaluate([runId], batches);
  const skipped = rounded(1 - count(gate!.active) / count(gate!.tokens), 6);
  const active = Array.from(gate!.active, (n, m) => rounded(n / gate!.tokens[m], 4));
  return { sums, tokens, skipped, active };
}

/** The finished run at its best scale; of a tuning seed nothing but the dev loss. */
async function shrunk(session: Session, budget: Budget, batches: readonly TokenBatch[]): Promise<Cell['scaled']> {
  const { trainer } = session;
  const dev = await session.inspect(async (s) => s.data.dev(budget.dev, budget.batchSize));
  const { scale, loss } = await shrink(trainer.run('run'), async () => (await trainer.evaluate(['run'], dev))[0].loss);
  const { sums, skipped } = await measure(trainer, 'run', batches);
  return { scale, dev: loss, sums, skipped };
}

/** On the way nothing is measured on validation examples, but on one for the session to have. */
const firstOf = ({ ids, offsets, supervised }: TokenSet): TokenSet => ({
  ids: ids.slice(0, offsets[1]),
  offsets: offsets.slice(0, 2),
  supervised: supervised.slice(0, offsets[1]),
});

const count = (x: Uint32Array) => x.reduce((a, b) => a + b, 0);
const rounded = (x: number, digits: number) => Number(x.toPrecision(digits));

/** What a gated run was at its end, of a session's events: of its steps the last ones. */
function endOf(events: readonly TrainEvent[]): Cell['end'] {
  const dev = events.findLast((e) => e.type === 'dev');
  const gates = events.flatMap((e) => (e.type === 'step' && e.gate ? [e.gate] : []));
  if (dev?.type !== 'dev' || gates.length === 0) return undefined;
  const sum = (of: (gate: (typeof gates)[number]) => number) => gates.reduce((all, gate) => all + of(gate), 0);
  const shareOf = (m: number) => sum((g) => g.active[m]) / sum((g) => g.tokens[m]);
  return {
    dev: dev.loss,
    skipped: rounded(1 - sum((g) => count(g.active)) / sum((g) => count(g.tokens)), 6),
    active: Array.from(gates[0].tokens, (_, m) => rounded(shareOf(m), 4)),
  };
}

export interface Given {
  /** What is another than the plan's: to see that it works, or of cells outside its table. */
  budget?: Partial<Budget>;
  /** Modules that are adapted in the place of the method's own: `3.q_proj`. */
  only?: readonly string[];
  /** Only the method itself: not scaled, and not sieved. */
  bare?: boolean;
  /** Looks at the finished run, before it is freed. */
  look?: (finished: {
    session: Session;
    train: TrainConfig;
    run: RunConfig;
    events: readonly TrainEvent[];
  }) => Promise<void>;
}

/** A cell of a tuning seed has nothing but dev losses. */
export async function trainCell(
  model: OpenModel,
  data: PlanSet,
  id: CellId,
  { budget: other, only, bare = only !== undefined, look }: Given = {},
): Promise<Cell> {
  const [started, used] = [performance.now(), process.cpuUsage()];
  const budget = { ...budgetOf(id), ...other };
  const { steps, batchSize, evalInterval, patience } = budget;
  const train = trainSchema.parse({
    ...TRAIN,
    steps,
    batchSize,
    evalInterval,
    patience,
    warmupSteps: Math.min(TRAIN.warmupSteps!, Math.ceil(steps / 10)),
    seed: id.seed,
    learningRate: id.rate,
    devShare: Math.min(0.5, budget.dev / exampleCount(data.train)),
  });
  const tokens = (batchSize * data.train.ids.length) / exampleCount(data.train);
  const run = runSchema.parse({ id: 'run', name: id.method, ...runOf(id, tokens), ...(only && { only }) });
  const events: TrainEvent[] = [];
  let taken = 0;
  // Of 10⁴ steps the gates of the last tenth are enough.
  const emit = (event: TrainEvent) => {
    if (event.type === 'step') taken = event.step;
    if (event.type !== 'step' || (patience === null && event.step > 0.9 * steps)) events.push(event);
  };
  const session = await Session.create(
    model,
    sessionSchema.parse({ train, runs: [run] }),
    { train: data.train, validation: firstOf(data.validation) },
    { lock: new Lock(), emit },
  );
  try {
    session.run();
    await session.ended;
    const broke = events.find((e) => e.type === 'fatal');
    if (broke?.type === 'fatal') throw new Error(broke.error.code);
    const dev = events.findLast((e) => e.type === 'dev' && e.runId === 'run');
    const { best } = (dev?.type === 'dev' && dev) || { best: { step: 0, loss: NaN } };
    const tuning = TUNING_SEEDS.includes(id.seed);
    const batches = tuning ? [] : firstBatches(data.validation, budget.validation, batchSize);
    const found: Measured = tuning
      ? { sums: [], tokens: [], skipped: null }
      : await measure(session.trainer, 'run', batches);
    const sieved: Cell['sieved'] = [];
    if (id.method === 'lora' && !tuning && !bare) {
      const sieve = await session.inspect((s) =>
        Sieve.open(s.trainer.run('run'), { model: s.model, train, data: sieveData(s.data, s.validation, train) }),
      );
      for (const { way, share } of sievedOn(id.model)) {
        await sieve.gated(way, share);
        const { sums, skipped } = await measure(sieve.trainer, 'run', batches);
        sieved.push({ way, share, sums, skipped });
      }
      sieve.free();
    }
    const scaled = SCALED.includes(id.method) && !bare ? await shrunk(session, budget, batches) : null;
    const end = patience === null && !tuning ? endOf(events) : undefined;
    await look?.({ session, train, run, events });
    const { user, system } = process.cpuUsage(used);
    return {
      ...id,
      ...found,
      dev: best.loss,
      bestStep: best.step,
      steps: taken,
      ...(scaled && { scaled }),
      ...(sieved.length > 0 && { sieved }),
      ...(end && { end }),
      ms: Math.round(performance.now() - started),
      cpuMs: Math.round((user + system) / 1000),
      by: {
        software: `Sieve ${version}`,
        device: `CPU engine in Node ${process.versions.node}`,
        ...data.by,
      },
    };
  } finally {
    await session.free();
  }
}
