/** Heads for classes of a person's own: which head a model gets for them, and how a new one is drawn. */
import { fnv1a } from './fnv1a';
import {
  type ClassHead,
  type ClassModel,
  type ModelDescription,
  type WeightShape,
  headWeights,
  linearWeights,
  tellsClasses,
  weightShapes,
} from './model';
import { Rng } from './rng';
import type { Sequence, TaskType, TokenBatch } from './types';

/** Standard deviation of drawn weights, as BERT's `initializer_range` and most of its kin have it. */
const SPREAD = 0.02;

/**
 * Values of a head's tensor by seed and name alone: normal ones for matrices, 1 for norms, 0 for biases, as
 * transformers draws them.
 */
function drawTensor({ name, shape }: WeightShape, seed: number): Float32Array {
  const length = shape.reduce((a, b) => a * b);
  if (shape.length === 1) return new Float32Array(length).fill(name.endsWith('.bias') ? 0 : 1);
  const rng = new Rng((seed ^ fnv1a(new TextEncoder().encode(name))) >>> 0);
  return Float32Array.from({ length }, () => SPREAD * rng.normal());
}

/**
 * The model as it tells classes apart: itself, or a decoder under the head that transformers'
 * `…ForSequenceClassification` has, whose classes have no names yet; null for a decoder of which transformers makes
 * none.
 */
export function classModelOf(model: ModelDescription): ClassModel | null {
  if (tellsClasses(model)) return model;
  const { width, head } = model;
  if (head.kind === 'classes' || head.classifier === null) return null;
  const classifier = { path: head.classifier, dIn: width, dOut: 0, bias: false, inOut: false };
  return { ...model, head: { kind: 'classes', labels: [], reads: 'last', dense: null, classifier } };
}

/**
 * What a session trains of a model.
 * @param classes of its data, where they are known: a head that has them all stays, another is new. Until then a
 *   decoder's are any two
 */
export function modelFor(
  model: ModelDescription,
  taskType: TaskType,
  classes: readonly string[] | null = null,
): ModelDescription {
  const tells = tellsClasses(model) || taskType === 'SEQ_CLS' ? classModelOf(model) : null;
  if (!tells) return model;
  if (classes) return placesIn(tells.head, classes) ? tells : withLabels(tells, classes);
  return tellsClasses(model) ? model : withLabels(tells, ['LABEL_0', 'LABEL_1']);
}

/** The model with a head for other classes. */
export const withLabels = (model: ClassModel, labels: readonly string[]): ClassModel => ({
  ...model,
  head: { ...model.head, labels, classifier: { ...model.head.classifier, dOut: labels.length } },
});

/**
 * The model with what a file has of its head: what it lacks of one with classes is to be drawn, and a layer before the
 * classifier that is drawn is trained with it.
 * @param has whether a weight is in the file
 */
export function withDrawn<M extends ModelDescription>(model: M, has: (weight: string) => boolean): M {
  if (!tellsClasses(model)) return model;
  const { head } = model;
  const missing = headWeights(model)
    .map(({ name }) => name)
    .filter((weight) => !has(weight));
  if (missing.length === 0) return model;
  const trained = head.dense && (head.dense.trained || missing.includes(`${head.dense.linear.path}.weight`));
  return {
    ...model,
    head: { ...head, dense: head.dense && { ...head.dense, trained: trained === true }, drawn: missing },
  };
}

/** The head's tensors that no file has. */
export const drawnOf = (model: ModelDescription): readonly string[] =>
  (tellsClasses(model) ? model.head.drawn : undefined) ?? [];

/** A new classifier, and whatever else of the head is no file's. */
export function drawHead(model: ClassModel, seed: number): Map<string, Float32Array> {
  const { classifier, drawn = [] } = model.head;
  const names = new Set([...drawn, ...linearWeights(classifier).map(({ name }) => name)]);
  const tensors = weightShapes(model).filter(({ name }) => names.has(name));
  return new Map(tensors.map((tensor) => [tensor.name, drawTensor(tensor, seed)]));
}

/**
 * Where the head has each class, by its name, capitals aside; null where it has not all of them, or was drawn: then it
 * takes a new one.
 */
export function placesIn({ labels, drawn }: ClassHead, classes: readonly string[]): number[] | null {
  if (drawn) return null;
  const plain = (name: string) => name.trim().toLowerCase();
  const known = labels.map(plain);
  const places = classes.map((name) => known.indexOf(plain(name)));
  return places.includes(-1) || new Set(places).size < places.length ? null : places;
}

/**
 * Sequences with a class each as the engine takes them: the target of the token that the head reads (the first, of a
 * mean) is the class.
 */
export function classBatch(
  { reads }: Pick<ClassHead, 'reads'>,
  sequences: readonly Sequence[],
  classes: readonly number[],
): TokenBatch {
  const starts = new Uint32Array(sequences.length + 1);
  sequences.forEach(({ ids }, s) => (starts[s + 1] = starts[s] + ids.length));
  const rows = starts[sequences.length];
  const ids = new Int32Array(rows);
  const targets = new Int32Array(rows).fill(-1);
  const values = (sequences[0].patches?.length ?? 0) / sequences[0].ids.length;
  const patches = values > 0 ? new Float32Array(rows * values) : null;
  sequences.forEach((sequence, s) => {
    ids.set(sequence.ids, starts[s]);
    targets[reads === 'last' ? starts[s + 1] - 1 : starts[s]] = classes[s];
    if (patches && sequence.patches) patches.set(sequence.patches, starts[s] * values);
  });
  return { ids, targets, starts, ...(patches && { patches }) };
}
