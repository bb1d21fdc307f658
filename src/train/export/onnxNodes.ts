/**
 * An adapter as nodes of an ONNX graph, of ONNX's own operators: behind each product that it changes, its update, and
 * where it has gates, the comparison of ‖Δ‖ / (‖y‖ + ε) with τ, or σ(w·x).
 */
import type { DownloadedModel } from '../../hub/model';
import { type Place, bindWeights } from '../../hub/onnx/bind';
import { type Insertion, type NewNode, opsetOf, tensorProto, withNodes } from '../../hub/onnx/edit';
import { DataType, type OnnxGraph, type OnnxNode } from '../../hub/onnx/model';
import { OnnxParser } from '../../hub/onnx/parser';
import { transpose } from '../../hub/floats';
import type { Weights } from '../../hub/weights';
import { type RunConfig, isGated, isPerToken, shrinksUpdates } from '../../shared/config';
import { AdapterError } from '../../shared/errors';
import { type Message, message } from '../../shared/message';
import { methodOf, methodWith } from '../../shared/methods';
import { type ModelDescription, type ModelModule, allModules } from '../../shared/model';
import { lowRankOf } from './lowRank';
import type { Trained } from './mergedWeights';

const EPSILON = 1e-6;
/** GreaterOrEqual came with 12, and what takes axes as an input with 18. */
const LEAST_OPSET = 12;
const AXES_AS_INPUT = 18;

/** A graph with where its weights are. */
export interface BoundGraph {
  graph: OnnxGraph;
  places: ReadonlyMap<string, Place>;
}

export function boundGraph(bytes: Uint8Array, model: ModelDescription): BoundGraph {
  const graph = new OnnxParser().finish(bytes);
  // One branch would have the adapter, and the other would not.
  if (graph.nodes.some(({ branch }) => branch)) unfit(message('train.export.onnxHas.branches'));
  return { graph, places: bindWeights(graph, model) };
}

export function unfit(what: Message): never {
  throw new AdapterError(message('train.export.onnx', { what }));
}

/** What the nodes of one product are made from. */
class Builder {
  readonly nodes: NewNode[] = [];
  readonly #prefix: string;
  readonly #tensors: Uint8Array<ArrayBuffer>[];

  constructor(prefix: string, tensors: Uint8Array<ArrayBuffer>[]) {
    this.#prefix = prefix;
    this.#tensors = tensors;
  }

  constant(name: string, dims: readonly number[], data: Float32Array | BigInt64Array): string {
    const full = `${this.#prefix}.${name}`;
    this.#tensors.push(tensorProto(full, dims, data));
    return full;
  }

  node(op: string, name: string, inputs: readonly string[], attributes?: NewNode['attributes']): string {
    const output = `${this.#prefix}.${name}`;
    this.nodes.push({ op, inputs, output, attributes });
    return output;
  }

  /** The last node makes the value that the graph had. */
  end(output: string): NewNode[] {
    return [...this.nodes.slice(0, -1), { ...this.nodes.at(-1)!, output }];
  }
}

interface Context extends BoundGraph {
  run: RunConfig;
  weights: Weights;
  opset: number;
}

/** The update of one module, behind its gate where it has one. @param y [dOut] of the module alone */
function gated(
  build: Builder,
  { run, weights, opset }: Context,
  {
    module,
    adapter,
    tau,
    x,
    y,
  }: { module: ModelModule; adapter: Trained['adapters'][number]; tau: number | null; x: string; y: string },
): string {
  const plain = isGated(run) ? { ...run, method: methodWith(methodOf(run).update, false)! } : run;
  const { dIn, dOut, inOut, path } = module;
  const frozen = () => {
    const { data } = weights.get(`${path}.weight`);
    return inOut ? transpose(data, dIn, dOut) : data;
  };
  const { rank, a, b, c } = lowRankOf(plain, adapter, frozen);
  const name = (what: string) => `${path}.${what}`;
  const number = (what: string, value: number) => build.constant(name(what), [], Float32Array.of(value));
  const down = build.node('MatMul', name('down'), [x, build.constant(name('A'), [dIn, rank], a)]);
  let delta = build.node('MatMul', name('up'), [down, build.constant(name('B'), [rank, dOut], b)]);
  if (c) {
    const bias = module.bias && build.constant(name('bias'), [dOut], weights.get(`${path}.bias`).data);
    const own = bias ? build.node('Sub', name('unbiased'), [y, bias]) : y;
    const more = build.node('Mul', name('rescaled'), [own, build.constant(name('c'), [dOut], c)]);
    delta = build.node('Add', name('update'), [delta, more]);
  }
  if (isPerToken(run)) {
    // g(x) = σ(w·x)
    const logit = build.node('MatMul', name('logit'), [x, build.constant(name('w'), [dIn, 1], adapter.extra!)]);
    delta = build.node('Mul', name('weighed'), [delta, build.node('Sigmoid', name('gate'), [logit])]);
  }
  if (tau === null) return build.node('Add', name('updated'), [y, delta]);
  const norm = (of: string, what: string) =>
    opset >= AXES_AS_INPUT
      ? build.node('ReduceL2', name(what), [of, build.constant(name(`${what}.axes`), [1], BigInt64Array.of(-1n))], {
          keepdims: 1,
        })
      : build.node('ReduceL2', name(what), [of], { axes: [-1], keepdims: 1 });
  const size = build.node('Add', name('size'), [norm(y, 'norm'), number('epsilon', EPSILON)]);
  const ratio = build.node('Div', name('ratio'), [norm(delta, 'updateNorm'), size]);
  const threshold = number('tau', tau);
  const active = build.node('GreaterOrEqual', name('active'), [ratio, threshold]);
  if (shrinksUpdates(run) && tau > 0) {
    const part = build.node('Div', name('part'), [threshold, ratio]);
    const factor = build.node('Sub', name('factor'), [number('one', 1), part]);
    delta = build.node('Mul', name('shrunk'), [delta, factor]);
  }
  const updated = build.node('Add', name('updated'), [y, delta]);
  const { constant } = adapter;
  const skipped = constant
    ? build.node('Add', name('skipped'), [y, build.constant(name('constant'), [dOut], constant)])
    : y;
  return build.node('Where', name('gated'), [active, updated, skipped]);
}

/** Whether a product computes in f16. */
function isHalf(node: OnnxNode, place: Place, graph: OnnxGraph): boolean {
  if (place.quantised) return place.quantised.scales.dataType === DataType.FLOAT16;
  let name = node.inputs[1];
  for (let hops = 0; hops < 8; hops++) {
    const tensor = graph.tensors.get(name);
    if (tensor) return tensor.dataType === DataType.FLOAT16;
    const before = graph.nodes.find(({ outputs }) => outputs[0] === name);
    if (!before) break;
    if (before.op === 'Cast') return before.attributes.get('to') === DataType.FLOAT16;
    [name] = before.inputs;
  }
  return place.tensor.dataType === DataType.FLOAT16;
}

/** Modules that one product makes, in the order of its outputs; most make one. */
function together(model: ModelDescription, { places }: BoundGraph): ModelModule[][] {
  const groups = new Map<unknown, ModelModule[]>();
  for (const module of allModules(model)) {
    const place = places.get(`${module.path}.weight`)!;
    const key = place.packed ? place.tensor : module;
    groups.set(key, [...(groups.get(key) ?? []), module]);
  }
  const first = ({ path }: ModelModule) => places.get(`${path}.weight`)!.packed?.from ?? 0;
  return [...groups.values()].map((group) => group.sort((a, b) => first(a) - first(b)));
}

/**
 * The base's file with the adapter beside its products.
 * @param model the base's bytes and weights
 * @returns its pieces, in order
 * @throws {AdapterError} where the graph has no place for it
 */
export function withAdapter(
  config: ModelDescription,
  { weights, bytes }: Pick<DownloadedModel, 'weights'> & { bytes: Uint8Array },
  { run, adapters, thresholds }: Trained,
): Uint8Array[] {
  const bound = boundGraph(bytes, config);
  const opset = opsetOf(bytes);
  if (opset < LEAST_OPSET) unfit(message('train.export.onnxHas.opset', { opset, least: LEAST_OPSET }));
  const context: Context = { ...bound, run, weights, opset };
  const tensors: Uint8Array<ArrayBuffer>[] = [];
  const insertions = new Map<string, Insertion>();
  const place = (path: string): number => adapters.findIndex((m) => m.path === path);
  for (const group of together(config, bound)) {
    if (group.every(({ path }) => place(path) < 0)) continue;
    const at = bound.places.get(`${group[0].path}.weight`)!;
    const product = at.node;
    const last = group[0].bias ? bound.places.get(`${group[0].path}.bias`)?.node : product;
    if (!product || !last) return unfit(message('train.export.onnxHas.product', { path: group[0].path }));
    const build = new Builder(`sieve.${insertions.size}`, tensors);
    const [output] = last.outputs;
    const renamed = `${output}.frozen`;
    const half = isHalf(product, at, bound.graph);
    const [x, y] = half
      ? [build.node('Cast', 'x', [product.inputs[0]], { to: 1 }), build.node('Cast', 'y', [renamed], { to: 1 })]
      : [product.inputs[0], renamed];
    let from = 0;
    const outs = group.map((module) => {
      const { path, dOut } = module;
      const numbers = (what: string, value: number) =>
        build.constant(`${path}.${what}`, [1], BigInt64Array.of(BigInt(value)));
      const own =
        group.length === 1
          ? y
          : build.node('Slice', `${path}.part`, [
              y,
              numbers('from', from),
              numbers('to', from + dOut),
              numbers('axis', -1),
            ]);
      from += dOut;
      const n = place(path);
      if (n < 0) return own;
      return gated(build, context, { module, adapter: adapters[n], tau: thresholds ? thresholds[n] : null, x, y: own });
    });
    const all = outs.length === 1 ? outs[0] : build.node('Concat', 'parts', outs, { axis: -1 });
    if (half) build.node('Cast', 'out', [all], { to: DataType.FLOAT16 });
    insertions.set(output, { renamed, nodes: build.end(output) });
  }
  const { pieces, missing } = withNodes(bytes, insertions, tensors);
  if (missing.length > 0) unfit(message('train.export.onnxHas.product', { path: missing[0] }));
  return pieces;
}
