/**
 * What a finished adapter, or the base model, is worth on examples: loss, skipped share, and how many labels it tells
 * rightly.
 */
import { type SessionConfig, type TrainConfig, defaultSession } from '../shared/config';
import { type Scores, MAX_LABELLED, scoresOf } from '../shared/classification';
import { AdapterError } from '../shared/errors';
import { message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import type { GateStats, TokenSet } from '../shared/types';
import { Examiner } from './examiner';
import { createTrainer, planned } from './layouts';
import { Lock } from './lock';
import type { OpenModel } from './openModel';
import type { RunId, TrainEvent } from './protocol';
import type { ImportedAdapter } from './readAdapter';
import { firstBatches } from './sieve/data';
import { refuseEmpty, refuseForeign } from './trainingData';
import { underHead } from './underHead';

export interface Evaluation {
  /** 'base', or the adapter's. */
  runId: RunId;
  /** Mean cross-entropy over the supervised tokens, nats/token. */
  loss: number;
  examples: number;
  supervised: number;
  /** Of the gates; null without. */
  gate: GateStats | null;
  /** How the labels were told, and how well; null where the examples have none. */
  scores: (Scores & { names: string[] }) | null;
}

/** Behind one another; both are of one data set. */
export function joinSets(a: TokenSet, b: TokenSet): TokenSet {
  const ids = new Int32Array(a.ids.length + b.ids.length);
  ids.set(a.ids);
  ids.set(b.ids, a.ids.length);
  const supervised = new Uint8Array(ids.length);
  supervised.set(a.supervised);
  supervised.set(b.supervised, a.ids.length);
  const offsets = Uint32Array.from([...a.offsets, ...b.offsets.subarray(1).map((at) => at + a.ids.length)]);
  const labels = a.labels && b.labels && { ...a.labels, of: Uint32Array.from([...a.labels.of, ...b.labels.of]) };
  return { ids, offsets, supervised, ...(labels && { labels }) };
}

/** The base under an adapter's own head, where it brings one. */
async function headed(open: OpenModel, adapter: ImportedAdapter | null): Promise<OpenModel> {
  if (!adapter || adapter.whole.size === 0 || !tellsClasses(adapter.model)) return open;
  const { drawn: _, ...head } = adapter.model.head; // What the file of the base lacks is there now.
  const config = { ...adapter.model, head };
  const base = await open.base.withHead(config, adapter.whole);
  return { ...open, base, info: { ...open.info, config } };
}

/**
 * @param adapter null for the base model
 * @param emit told how far the labels are
 * @throws {AdapterError} where the adapter's head knows other classes than the examples have
 */
export async function evaluate(
  open: OpenModel,
  { adapter, set, train }: { adapter: ImportedAdapter | null; set: TokenSet; train: TrainConfig },
  emit: (event: TrainEvent) => void,
): Promise<Evaluation> {
  const sets = { train: set, validation: set };
  refuseEmpty(sets);
  refuseForeign(sets, open.base.config);
  const runId = adapter?.run.id ?? 'base';
  const own = await headed(open, adapter);
  const config: SessionConfig = { train, runs: [adapter?.run ?? defaultSession().runs[0]] };
  const under = await underHead(own, sets, train);
  try {
    if (under.drawn) throw new AdapterError(message('train.evaluate.classes'));
    const trainer = await createTrainer(under.model, planned(config, under.data));
    try {
      if (adapter) {
        const run = trainer.run(adapter.run.id);
        run.load(adapter.adapters);
        if (adapter.thresholds) run.method.setThresholds(adapter.thresholds);
        await run.refresh();
      }
      const examples = set.offsets.length - 1;
      const batches = firstBatches(under.data.validation, examples, train.batchSize);
      const [{ loss, supervised, gate }] = await trainer.evaluate([adapter ? runId : null], batches);
      const scores = await scored({ trainer }, { model: under.model, data: under.data, runId, emit });
      return { runId, loss, examples, supervised, gate, scores };
    } finally {
      trainer.free();
    }
  } finally {
    under.free();
    if (own !== open) own.base.free();
  }
}

/** The labels of all examples, as a session's last evaluation tells them. */
async function scored(
  host: ConstructorParameters<typeof Examiner>[0],
  {
    model,
    data,
    runId,
    emit,
  }: {
    model: OpenModel;
    data: { train: TokenSet; validation: TokenSet };
    runId: RunId;
    emit: (event: TrainEvent) => void;
  },
): Promise<Evaluation['scores']> {
  let scores: Evaluation['scores'] = null;
  const examiner = new Examiner(host, model.tokenizer, {
    data,
    lock: new Lock(),
    abandoned: () => false,
    emit: (event) => {
      if (event.type === 'progress' || event.type === 'warning') emit(event);
      if (event.type !== 'classified') return;
      const { classes, labels } = event.set;
      scores = { ...scoresOf(labels, event.runs[runId].predicted, classes.length), names: classes };
    },
  });
  await examiner.finish({ runIds: [runId], limit: MAX_LABELLED, stepOf: () => 0 });
  return scores;
}
