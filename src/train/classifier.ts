/**
 * Which label each run gives to a validation example. A language model chooses among the labels' texts as answers to
 * the example's prompt; what has a class head answers by it. Both are a `Classifier`, which is all that a session
 * knows.
 */
import { toBatch } from '../data/batches';
import { Generator } from '../engine/generator';
import { maxContext } from '../engine/model/modules';
import type { Trainer } from '../engine/trainer';
import type { LabelledSet, Prediction } from '../shared/classification';
import type { SequenceLabels, TokenSet, Tokenizer } from '../shared/types';
import { type AnswerTree, answerTree, constrainedGreedy, likelihoods } from './answerTree';
import { type LabelledAnswers, labelledAnswers } from './answers';
import type { RunId } from './protocol';

export interface Classifier extends Omit<LabelledSet, 'texts'> {
  /** Beginning of an example's text. */
  text(example: number): string;
  /**
   * What each run ('base' among them) predicts for the examples `from … from + count`. [runs][count]. Nothing is
   * learnt.
   * @throws {OutOfMemoryError} where there is no room for it
   */
  predict(runIds: readonly RunId[], from: number, count: number): Promise<Prediction[][]>;
}

/**
 * Reads beyond the prompt that the likelihoods of all labels may take, per example; above, labels are chosen token by
 * token.
 */
const MAX_READS = 24;
/** Tokens and characters of an example's text that are shown. */
const TEXT_TOKENS = 160;
const TEXT_LENGTH = 300;

/** What every prompt ends with, from a line break on: the template's, which says nothing of an example. */
function sharedEnd(prompts: readonly Int32Array[], decode: Tokenizer['decode']): string {
  const [first] = prompts;
  let shared = first.length;
  for (const ids of prompts) {
    let n = 0;
    while (n < shared && n < ids.length && ids.at(-1 - n) === first.at(-1 - n)) n++;
    shared = n;
  }
  const text = decode(first.subarray(first.length - shared));
  const line = text.indexOf('\n');
  return line < 0 ? '' : text.slice(line).trimEnd();
}

/** Beginning of an example's text, without the `end` that all have. */
function shownText(tokens: Int32Array, { special, decode }: Tokenizer, end = ''): string {
  const ids = tokens.filter((id) => !special.has(id));
  const whole = decode(ids.subarray(0, TEXT_TOKENS)).trim();
  const text = whole.endsWith(end) ? whole.slice(0, whole.length - end.length) : whole;
  return ids.length > TEXT_TOKENS || text.length > TEXT_LENGTH ? `${text.slice(0, TEXT_LENGTH)} …` : text;
}

class AnswerClassifier implements Classifier {
  readonly by;
  readonly classes;
  readonly labels;
  readonly #host: { readonly trainer: Trainer };
  readonly #tokenizer: Tokenizer;
  readonly #answers: LabelledAnswers;
  readonly #tree: AnswerTree;
  readonly #longest: number;
  readonly #end: string;

  constructor(
    host: { readonly trainer: Trainer },
    tokenizer: Tokenizer,
    { answers, tree }: { answers: LabelledAnswers; tree: AnswerTree },
  ) {
    this.#host = host;
    this.#tokenizer = tokenizer;
    this.#answers = answers;
    this.#tree = tree;
    this.#longest = Math.max(...answers.spellings.map((s) => s.ids.length));
    this.#end = sharedEnd(
      answers.asked.map((q) => q.prompt),
      tokenizer.decode,
    );
    this.by = tree.reads <= MAX_READS ? ('likelihood' as const) : ('greedy' as const);
    this.classes = answers.classes;
    this.labels = answers.labels;
  }

  text(example: number): string {
    return shownText(this.#answers.asked[example].prompt, this.#tokenizer, this.#end);
  }

  /**
   * Of several spellings of a label the probabilities add up; of one example all labels are compared behind the same
   * prompt.
   */
  #prediction(example: number, scores: Float64Array): Prediction {
    const best = Math.max(...scores);
    const probabilities = new Float32Array(this.classes.length);
    let sum = 0;
    this.#answers.spellings.forEach(({ label }, i) => {
      const own = Math.exp(scores[i] - best);
      probabilities[label] += own;
      sum += own;
    });
    if (!Number.isFinite(sum)) return { example, label: this.labels[example], predicted: -1 };
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    for (let c = 0; c < probabilities.length; c++) probabilities[c] /= sum;
    return { example, label: this.labels[example], predicted, probabilities };
  }

  async predict(runIds: readonly RunId[], from: number, count: number): Promise<Prediction[][]> {
    const { trainer } = this.#host;
    const { base } = trainer;
    const most = maxContext(base.config) - this.#longest;
    const examples = Array.from({ length: count }, (_, i) => from + i);
    // What does not fit is cut from the left, as in training.
    const prompts = examples
      .map((e) => this.#answers.asked[e].prompt)
      .map((p) => p.slice(Math.max(0, p.length - most)));
    const generator = await Generator.create(
      base,
      runIds.map((id) => (id === 'base' ? null : trainer.run(id))),
      Math.max(...prompts.map((p) => p.length)) + this.#longest,
    );
    const out: Prediction[][] = runIds.map(() => []);
    try {
      for (const [i, prompt] of prompts.entries()) {
        const example = examples[i];
        if (this.by === 'likelihood') {
          const scores = await likelihoods(generator, runIds.length, prompt, this.#tree);
          scores.forEach((own, r) => out[r].push(this.#prediction(example, own)));
        } else {
          const chosen = await constrainedGreedy(generator, runIds.length, prompt, this.#tree);
          chosen.forEach((answer, r) =>
            out[r].push({
              example,
              label: this.labels[example],
              predicted: answer < 0 ? -1 : this.#answers.spellings[answer].label,
            }),
          );
        }
      }
    } finally {
      generator.free();
    }
    return out;
  }
}

/** Of a head with classes: their probabilities are the softmax of its logits. */
class HeadClassifier implements Classifier {
  readonly by = 'head';
  readonly classes;
  readonly labels;
  readonly #host: { readonly trainer: Trainer };
  readonly #tokenizer: Tokenizer;
  readonly #validation: TokenSet;
  /** Logits in the order of `classes`. */
  readonly #order: number[];

  constructor(
    host: { readonly trainer: Trainer },
    tokenizer: Tokenizer,
    { train, validation }: Record<'train' | 'validation', SequenceLabels>,
    set: TokenSet,
  ) {
    this.#host = host;
    this.#tokenizer = tokenizer;
    this.#validation = set;
    const counts = train.classes.map(() => 0);
    for (const label of train.of) counts[label]++;
    this.#order = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
    this.classes = this.#order.map((c) => train.classes[c]);
    const place = new Map(this.#order.map((c, i) => [c, i]));
    this.labels = Array.from(validation.of, (label) => place.get(label)!);
  }

  text(example: number): string {
    const { ids, offsets, pictures } = this.#validation;
    if (pictures) return pictures.names[example];
    return shownText(ids.subarray(offsets[example], offsets[example + 1]), this.#tokenizer);
  }

  async predict(runIds: readonly RunId[], from: number, count: number): Promise<Prediction[][]> {
    const examples = Array.from({ length: count }, (_, i) => from + i);
    const all = await this.#host.trainer.measurements.classLogits(
      runIds.map((id) => (id === 'base' ? null : id)),
      toBatch(this.#validation, examples),
    );
    return all.map((rows) => rows.map((logits, i) => this.#prediction(examples[i], logits)));
  }

  #prediction(example: number, logits: Float32Array): Prediction {
    const label = this.labels[example];
    const own = this.#order.map((c) => logits[c]);
    if (!own.every(Number.isFinite)) return { example, label, predicted: -1 };
    const best = Math.max(...own);
    const weights = own.map((logit) => Math.exp(logit - best));
    const sum = weights.reduce((a, b) => a + b);
    const probabilities = Float32Array.from(weights, (weight) => weight / sum);
    return { example, label, predicted: own.indexOf(best), probabilities };
  }
}

/**
 * How the runs of a session classify; null where its examples have no labels.
 * @param host its trainer may be another one later
 */
export function createClassifier(
  host: { readonly trainer: Trainer },
  tokenizer: Tokenizer,
  { train, validation }: { train: TokenSet; validation: TokenSet },
): Classifier | null {
  if (train.labels && validation.labels)
    return new HeadClassifier(host, tokenizer, { train: train.labels, validation: validation.labels }, validation);
  const answers = labelledAnswers(train, validation, tokenizer);
  const tree =
    answers &&
    answerTree(
      answers.spellings.map((s) => s.ids),
      tokenizer.special,
    );
  return tree && new AnswerClassifier(host, tokenizer, { answers, tree });
}
