/**
 * What the runs of a session answer on validation examples: their labels, at every evaluation, and in full at the end.
 */
import type { Trainer } from '../engine/trainer';
import { MAX_LABELLED, type Prediction } from '../shared/classification';
import { OutOfMemoryError } from '../shared/errors';
import { message } from '../shared/message';
import type { TokenSet, Tokenizer } from '../shared/types';
import { type Classifier, createClassifier } from './classifier';
import type { Lock } from './lock';
import type { RunId, TrainEvent } from './protocol';

/** Examples that are classified between two looks at who else wants the device. */
const AT_ONCE = 8;

interface Asked {
  /** 'base' among them. */
  runIds: readonly RunId[];
  /** Examples, the first of the validation split. */
  limit: number;
  /** The steps that a run has learnt. */
  stepOf: (runId: RunId) => number;
  /** Asked between examples: what is measured by then counts. */
  ends?: () => boolean;
}

export class Examiner {
  readonly #lock: Lock;
  readonly #emit: (event: TrainEvent) => void;
  readonly #abandoned: () => boolean;
  /** Null where there are no labels, and once there was no memory for them. */
  #classifier: Classifier | null;

  /** @param host its trainer may be another one later @param abandoned ends everything, without a word */
  constructor(
    host: { readonly trainer: Trainer },
    tokenizer: Tokenizer,
    {
      data,
      lock,
      emit,
      abandoned,
    }: {
      data: { train: TokenSet; validation: TokenSet };
      lock: Lock;
      emit: (event: TrainEvent) => void;
      abandoned: () => boolean;
    },
  ) {
    this.#lock = lock;
    this.#emit = emit;
    this.#abandoned = abandoned;
    this.#classifier = createClassifier(host, tokenizer, data);
  }

  /**
   * How many labels each run tells rightly, as events, and what it says of each example; without the runs that have no
   * answer. Memory that is short ends this, not the session.
   */
  async classify({ runIds, limit, stepOf, ends = () => false }: Asked): Promise<Map<RunId, Prediction[]>> {
    const found = new Map<RunId, Prediction[]>(runIds.map((id) => [id, []]));
    const total = Math.min(limit, MAX_LABELLED, this.#classifier?.labels.length ?? 0);
    if (runIds.length === 0) return new Map();
    for (let at = 0; at < total && !this.#abandoned() && !(at > 0 && ends()); at += AT_ONCE) {
      const count = Math.min(AT_ONCE, total - at);
      await this.#lock.run(() => this.#predict(found, at, count));
      if (total > AT_ONCE) this.#progress(at + count, total);
    }
    if (total === 0 || this.#abandoned() || !this.#classifier) return new Map();
    for (const [runId, own] of found) {
      // A run that breaks has nothing to say here; that it breaks is told elsewhere.
      if (own.some((p) => p.predicted < 0)) {
        found.delete(runId);
        continue;
      }
      const right = own.filter((p) => p.predicted === p.label).length;
      this.#emit({ type: 'accuracy', runId, step: stepOf(runId), right, examples: own.length });
    }
    return found;
  }

  async #predict(found: ReadonlyMap<RunId, Prediction[]>, from: number, count: number): Promise<void> {
    if (!this.#classifier) return;
    try {
      const all = await this.#classifier.predict([...found.keys()], from, count);
      [...found.values()].forEach((own, r) => own.push(...all[r]));
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      this.#classifier = null;
      this.#emit({ type: 'warning', runId: null, message: message('train.warning.noAccuracy') });
    }
  }

  #progress(loaded: number, total: number): void {
    if (this.#abandoned()) return;
    const label = message('train.progress.classifying');
    this.#emit({ type: 'progress', phase: 'evaluating', label, loaded, total });
  }

  /** The same at the end, with what each run says of every example as an event. */
  async finish(asked: Asked): Promise<void> {
    const found = await this.classify(asked);
    const classifier = this.#classifier;
    const [first] = found.values();
    if (!classifier || !first?.length) return;
    this.#emit({
      type: 'classified',
      set: {
        by: classifier.by,
        classes: classifier.classes,
        labels: first.map((p) => p.label),
        texts: first.map((p) => classifier.text(p.example)),
      },
      runs: Object.fromEntries(
        [...found].map(([runId, own]) => [
          runId,
          {
            step: asked.stepOf(runId),
            predicted: own.map((p) => p.predicted),
            probability: own.every((p) => p.probabilities) ? own.map((p) => p.probabilities![p.predicted]) : null,
          },
        ]),
      ),
    });
  }
}
