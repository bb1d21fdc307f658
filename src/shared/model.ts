/**
 * A model's architecture as plain data: what a family (`hub/families`) makes of a `config.json`, and all that the
 * engine, the weight readers, the memory plan and the export know of it. Weights are named as in the model's state
 * dict: a part at `path` has `<path>.weight` and, where `bias` says so, `<path>.bias`.
 */

import type { ActivationKind, Rope } from './layers';
import { ALL_LINEAR } from './settings/names';
import type { ModuleId, PictureFormat } from './types';

/** A linear layer of the frozen base. */
export interface LinearDescription {
  /** As files name it, and PEFT where `peft` does not say otherwise: `model.layers.3.self_attn.q_proj`. */
  path: string;
  /** As PEFT names it where transformers calls its modules otherwise than files do. */
  peft?: string;
  dIn: number;
  dOut: number;
  bias: boolean;
  /** The weight lies as [dIn, dOut] (GPT-2's Conv1D), not as [dOut, dIn]. */
  inOut: boolean;
}

export interface NormDescription {
  path: string;
  kind: 'rms' | 'layer';
  eps: number;
  bias: boolean;
  /** Multiplies with 1 + weight. */
  plusOne: boolean;
}

/**
 * Columns of a fused projection's output that make one part: `groups` stretches of `width`, each `stride` after the
 * last.
 */
export interface Columns {
  first: number;
  groups: number;
  width: number;
  stride: number;
}

/** The modules that read one normed input. Each makes one part (q, k, v; or gate, up), or one makes all of them. */
export interface ProjectionDescription {
  linears: LinearDescription[];
  /** Where the parts lie in the output of the only module; null where each module makes one. */
  fused: Columns[] | null;
}

/** What both halves of a layer have: norm, the modules that read it, something in between, the module that writes. */
export interface HalfDescription {
  /** Before the modules that read; null where they read the residual stream as it is. */
  norm: NormDescription | null;
  input: ProjectionDescription;
  output: LinearDescription;
  /** On the half's output, before it is added to the residual stream. */
  after: NormDescription | null;
  /** On the residual stream, once the half's output was added to it (post-norm). */
  post: NormDescription | null;
}

export interface AttentionDescription extends HalfDescription {
  heads: number;
  /** Key and value heads, shared evenly among the query heads. */
  kvHeads: number;
  headDim: number;
  /** On each head of q and of k. */
  qNorm: NormDescription | null;
  kNorm: NormDescription | null;
  /** Place among the model's `ropes`; null where the layer has no rotation. */
  rope: number | null;
  /** A query sees the keys up to its own; else all of its sequence. */
  causal: boolean;
  /** Keys on either side that a query sees, itself among them; null: all. */
  window: number | null;
  /** What q·k is multiplied with. */
  scale: number;
  /** Scores s become softcap · tanh(s / softcap). */
  softcap: number | null;
}

export interface MlpDescription extends HalfDescription {
  activation: ActivationKind;
  /** Parts are gate and up, and act(gate) · up goes on; else the only part is up, and act(up) does. */
  gated: boolean;
  /** Width of a part. */
  inner: number;
}

export interface LayerDescription {
  attention: AttentionDescription;
  mlp: MlpDescription;
  /** Both halves read the layer's input; else the MLP reads what attention made of it. */
  parallel: boolean;
  /** What a half's output is multiplied with before it is added to the residual stream. */
  residualScale: number;
}

/**
 * Patches of pictures in the place of a text's tokens: token 0 is the class token, token 1 + p the patch at place p.
 */
export interface PatchEmbedding extends Pick<PictureFormat, 'side' | 'patch'> {
  /** Of the linear layer from a patch's values, [width, channels, patch, patch] with a bias. */
  path: string;
  channels: number;
  /** Names of the class token [1, 1, width], and of the places of all tokens [1, 1 + side · side, width]. */
  classToken: string;
  positions: string;
}

interface EmbeddingDescription {
  /** [vocab, width]; made of what `patches` names where there are some. */
  path: string;
  scale: number;
  /** Learned positions [rows, width]: position p is row p + offset. */
  positions: { path: string; rows: number; offset: number } | null;
  /** Kinds of tokens [rows, width]: every token is of the first. */
  tokenTypes: { path: string; rows: number } | null;
  /** Null for texts. */
  patches: PatchEmbedding | null;
  /** On the sum of all of these. */
  norm: NormDescription | null;
}

/** From the last hidden state to logits of the next token. */
export interface VocabularyHead {
  kind: 'vocabulary';
  /** [vocab, width]; that of the embedding where they are tied. */
  path: string;
  tied: boolean;
  bias: boolean;
  scale: number;
  /** Logits l become softcap · tanh(l / softcap). */
  softcap: number | null;
  /**
   * Where transformers' `…ForSequenceClassification` has its linear layer in this head's place; null where there is
   * none.
   */
  classifier: string | null;
}

/** From the last hidden state of one token of a sequence to logits of the sequence's class. */
export interface ClassHead {
  kind: 'classes';
  /** Names of the classes, in the order of the logits. */
  labels: readonly string[];
  /** Which token is read, or the mean of all. */
  reads: 'first' | 'last' | 'mean';
  /** Between the hidden state and the classifier. */
  dense: {
    linear: LinearDescription;
    activation: ActivationKind | 'tanh';
    norm: NormDescription | null;
    /** Its module is trained whole, as the classifier is. */
    trained: boolean;
  } | null;
  /** Trained whole with every adapter (PEFT's `modules_to_save`). */
  classifier: LinearDescription;
  /** Its tensors that the file has not, and that are drawn. */
  drawn?: readonly string[];
}

export interface ModelDescription {
  /** `model_type` of the configuration. */
  family: string;
  /** Numbers of the residual stream. */
  width: number;
  vocab: number;
  /** Longest context the model was made for. */
  context: number;
  embedding: EmbeddingDescription;
  ropes: Rope[];
  layers: LayerDescription[];
  finalNorm: NormDescription | null;
  head: VocabularyHead | ClassHead;
  bosId: number | null;
  /** Ids that end a text. The first is the one that is supervised after a completion. */
  eosIds: number[];
}

/** A model that says which token comes next. */
export type Decoder = ModelDescription & { head: VocabularyHead };

/** A model that tells classes apart. */
export type ClassModel = ModelDescription & { head: ClassHead };

export const tellsClasses = (model: ModelDescription): model is ClassModel => model.head.kind === 'classes';

/** A module as settings name it: `3.q_proj`. */
export const moduleName = ({ layer, kind }: ModuleId): string => `${layer}.${kind}`;

/** A module with its place and its shape. */
export interface ModelModule extends ModuleId, LinearDescription {}

/** The linear layers of a layer, bottom up. */
export const linearsOf = ({ attention, mlp }: LayerDescription): LinearDescription[] =>
  [attention, mlp].flatMap(({ input, output }) => [...input.linears, output]);

/** A module's path as PEFT has it. */
export const peftPath = ({ path, peft }: LinearDescription): string => peft ?? path;

/** The norms of a layer, those of the heads among them. */
export const normsOf = ({ attention, mlp }: LayerDescription): NormDescription[] =>
  [
    attention.norm,
    attention.qNorm,
    attention.kNorm,
    attention.after,
    attention.post,
    mlp.norm,
    mlp.after,
    mlp.post,
  ].filter((norm) => norm !== null);

/** The modules that are trained whole with an adapter, bottom up. */
export const wholeModules = ({ head }: Pick<ModelDescription, 'head'>): LinearDescription[] =>
  head.kind === 'vocabulary' ? [] : [...(head.dense?.trained ? [head.dense.linear] : []), head.classifier];

/** Logits of a row. */
export const logitCount = ({ head, vocab }: Pick<ModelDescription, 'head' | 'vocab'>): number =>
  head.kind === 'vocabulary' ? vocab : head.labels.length;

/** Whether a target means a module, by PEFT's rule: the whole path, or its end. */
export const isTarget = (path: string, target: string): boolean => path === target || path.endsWith(`.${target}`);

/** The shortest end of a path that no other of the paths ends in. */
export function shortName(path: string, paths: readonly string[]): string {
  const parts = path.split('.');
  for (let n = 1; n < parts.length; n++) {
    const name = parts.slice(-n).join('.');
    if (paths.filter((other) => isTarget(other, name)).length === 1) return name;
  }
  return path;
}

/**
 * A module's name within its layer: the shortest, or all that follows the layer's number where only that tells it from
 * others. PEFT then means those as well by it: BERT's `output.dense` is the end of `attention.output.dense`, too.
 */
function kindOf(path: string, paths: readonly string[], layer: number): string {
  const name = shortName(path, paths);
  const [, inner] = new RegExp(`(?:^|\\.)${layer}\\.(.+)$`).exec(name) ?? [];
  return inner ?? name;
}

const modulesOf = new WeakMap<readonly LayerDescription[], ModelModule[]>();

/** Every linear layer that can be adapted, bottom up, in the order in which statistics list them. */
export function allModules({ layers }: Pick<ModelDescription, 'layers'>): readonly ModelModule[] {
  let modules = modulesOf.get(layers);
  if (!modules) {
    modules = layers.flatMap((description, layer) => {
      const linears = linearsOf(description);
      const paths = linears.map(({ path }) => path);
      return linears.map((linear) => ({ ...linear, layer, kind: kindOf(linear.path, paths, layer) }));
    });
    modulesOf.set(layers, modules);
  }
  return modules;
}

/** Names of the modules that a layer may have, in order. */
export const moduleKinds = (model: Pick<ModelDescription, 'layers'>): string[] => [
  ...new Set(allModules(model).map(({ kind }) => kind)),
];

/** Which modules of each layer a run adapts, as its settings have it. */
export interface Targets {
  /** Names that mean a module of every layer that has one, or `all-linear`. */
  modules: readonly string[];
  /** Exactly these modules, by `moduleName`; null: those of `modules`. */
  only: readonly string[] | null;
}

const means = (m: ModelModule, name: string, { only }: Targets): boolean =>
  only ? moduleName(m) === name : name === ALL_LINEAR || isTarget(m.path, name);

/** The modules that targets mean, bottom up. */
export const targetModules = (model: Pick<ModelDescription, 'layers'>, targets: Targets): ModelModule[] =>
  allModules(model).filter((m) => (targets.only ?? targets.modules).some((name) => means(m, name, targets)));

/** The first target that means no module of the model. */
export const unknownTarget = (model: Pick<ModelDescription, 'layers'>, targets: Targets): string | undefined =>
  (targets.only ?? targets.modules).find((name) => !allModules(model).some((m) => means(m, name, targets)));

/** A tensor of the state dict that the model needs. */
export interface WeightShape {
  name: string;
  shape: number[];
}

const normWeights = (norm: NormDescription | null, width: number): WeightShape[] =>
  norm
    ? [
        { name: `${norm.path}.weight`, shape: [width] },
        ...(norm.bias ? [{ name: `${norm.path}.bias`, shape: [width] }] : []),
      ]
    : [];

export const linearWeights = ({ path, dIn, dOut, bias, inOut }: LinearDescription): WeightShape[] => [
  { name: `${path}.weight`, shape: inOut ? [dIn, dOut] : [dOut, dIn] },
  ...(bias ? [{ name: `${path}.bias`, shape: [dOut] }] : []),
];

/** Those of the head alone. */
export function headWeights({ width, vocab, head }: ModelDescription): WeightShape[] {
  if (head.kind === 'classes')
    return [
      ...(head.dense
        ? [...linearWeights(head.dense.linear), ...normWeights(head.dense.norm, head.dense.linear.dOut)]
        : []),
      ...linearWeights(head.classifier),
    ];
  return [
    ...(head.tied ? [] : [{ name: `${head.path}.weight`, shape: [vocab, width] }]),
    ...(head.bias ? [{ name: `${head.path}.bias`, shape: [vocab] }] : []),
  ];
}

/** Values of a patch. */
export const patchValues = ({ channels, patch }: Pick<PatchEmbedding, 'channels' | 'patch'>): number =>
  channels * patch * patch;

const patchWeights = (
  { path, channels, side, patch, classToken, positions }: PatchEmbedding,
  width: number,
): WeightShape[] => [
  { name: classToken, shape: [1, 1, width] },
  { name: positions, shape: [1, 1 + side * side, width] },
  { name: `${path}.weight`, shape: [width, channels, patch, patch] },
  { name: `${path}.bias`, shape: [width] },
];

/**
 * Every tensor of the base with its shape as the state dict has it, bottom up. The head's matrix is left out when it is
 * tied.
 */
export function weightShapes(model: ModelDescription): WeightShape[] {
  const { width, vocab, embedding, layers, finalNorm } = model;
  const { positions, tokenTypes, patches } = embedding;
  const all = [
    ...(patches ? patchWeights(patches, width) : [{ name: `${embedding.path}.weight`, shape: [vocab, width] }]),
    ...(positions ? [{ name: `${positions.path}.weight`, shape: [positions.rows, width] }] : []),
    ...(tokenTypes ? [{ name: `${tokenTypes.path}.weight`, shape: [tokenTypes.rows, width] }] : []),
    ...normWeights(embedding.norm, width),
    ...layers.flatMap(({ attention, mlp }) => [
      ...normWeights(attention.norm, width),
      ...attention.input.linears.flatMap(linearWeights),
      ...[attention.qNorm, attention.kNorm].flatMap((norm) => normWeights(norm, attention.headDim)),
      ...linearWeights(attention.output),
      ...[attention.after, attention.post].flatMap((norm) => normWeights(norm, width)),
      ...normWeights(mlp.norm, width),
      ...mlp.input.linears.flatMap(linearWeights),
      ...linearWeights(mlp.output),
      ...[mlp.after, mlp.post].flatMap((norm) => normWeights(norm, width)),
    ]),
    ...normWeights(finalNorm, width),
    ...headWeights(model),
  ];
  // Halves may share a norm.
  return [...new Map(all.map((weight) => [weight.name, weight])).values()];
}

export const parameterCount = (model: ModelDescription): number =>
  weightShapes(model).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
