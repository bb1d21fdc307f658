/**
 * Finds a model's weights in an ONNX graph by following the graph, since exporters name initialisers freely: optimum
 * says `onnx::MatMul_123` ([in, out]) and keeps the module's path in the node's name; the genai builder says
 * `model.layers.0.attn.q_proj.MatMul.weight` and may pack q, k and v into one; others keep [out, in] behind a
 * Transpose. Which module a node belongs to is told by a path in the name of the node, its constant or its output. That
 * the right tensor was found is proved afterwards, by comparing logits with ONNX Runtime's.
 */
import { ModelError } from '../../shared/errors';
import { type Message, message } from '../../shared/message';
import {
  type LinearDescription,
  type ModelDescription,
  type NormDescription,
  linearsOf,
  normsOf,
  shortName,
  weightShapes,
} from '../../shared/model';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './model';
import { type QuantisedTensor, quantisedOf } from './quantised';

/** Where a weight is stored. */
export interface Place {
  tensor: OnnxTensor;
  /** The tensor is the transpose of what the state dict has. */
  turned: boolean;
  /** The weight is a part of the tensor's rows (before it was turned): its first one, and how many there are. */
  packed: { from: number; rows: number } | null;
  /** The file has 1 + weight. */
  plusOne: boolean;
  /** Where the weight is quantised, and `tensor` its numbers: [out, in] or [vocab, width]. */
  quantised: QuantisedTensor | null;
  /** The node that multiplies with it or adds it; null where there are several, or it is found in another way. */
  node: OnnxNode | null;
}

export function unsupported(what: Message): never {
  throw new ModelError(message('hub.graph.unsupported', { what }));
}

const isShape = (tensor: OnnxTensor, dims: readonly number[]): boolean =>
  tensor.dims.length === dims.length && tensor.dims.every((d, i) => d === dims[i]);

/** A constant that a node reads. */
interface Constant {
  tensor: OnnxTensor;
  transposed: boolean;
  /** It reaches the node with a number added to it, as Gemma's norms do it. */
  added: boolean;
  /** It is the numbers of a quantised matrix. */
  quantised: QuantisedTensor | null;
}

/** Operators that multiply with a matrix, their second input. */
const PRODUCTS = ['MatMul', 'FusedMatMul', 'Gemm', 'MatMulNBits'];
const NO_NODE: Pick<OnnxNode, 'inputs'> = { inputs: [] };
/** What exporters call the hidden states after the last layer, of a model that was exported without its head. */
const STATES = ['last_hidden_state', 'token_embeddings'];

/** The output with hidden states, where there are no logits. */
export const statesOf = (outputs: readonly string[]): string | null =>
  outputs.includes('logits') ? null : (STATES.find((name) => outputs.includes(name)) ?? null);

/** Which input of them is a bias. */
const BIAS_INPUT: Record<string, number> = { Gemm: 2, MatMulNBits: 5 };

/** A module of the model that names are matched with, by its path's end within its layer. */
interface Named<D> {
  /** `_self_attn_q_proj_` or as much of it as no other module of the layer ends in. */
  key: string;
  description: D;
}

interface LayerNames {
  linears: Named<LinearDescription>[];
  norms: Named<NormDescription>[];
  /** The three modules that genai's `qkv_proj` packs. */
  packed: readonly LinearDescription[];
}

/** A path or a name with one mark between its parts, and around it. */
const marked = (name: string): string => `_${name.replaceAll(/[^A-Za-z0-9]+/g, '_')}_`;

function namedBy<D extends { path: string }>(all: readonly D[]): Named<D>[] {
  const paths = all.map(({ path }) => path);
  const named = all.map((description) => ({ key: marked(shortName(description.path, paths)), description }));
  return named.sort((a, b) => b.key.length - a.key.length);
}

/** The names of each layer by its place in a path: `_layers_3_`. */
function layerNames(model: ModelDescription): Map<string, LayerNames> {
  return new Map(
    model.layers.map((layer) => {
      const linears = linearsOf(layer);
      const [place] = /\w+\.\d+(?=\.)/.exec(linears[0].path) ?? [''];
      const { input } = layer.attention;
      return [
        marked(place),
        {
          linears: namedBy(linears),
          norms: namedBy(normsOf(layer)),
          packed: input.fused ? [] : input.linears,
        },
      ];
    }),
  );
}

/**
 * What of a model with classes lies outside of its layers, by whole paths: the head's modules, and norms. A model that
 * was exported without its head has paths without the first part.
 */
function outsideNames({ embedding, head }: ModelDescription): LayerNames {
  const base = embedding.path.slice(0, embedding.path.indexOf('.') + 1);
  const pathsOf = (path: string) => (path.startsWith(base) ? [path, path.slice(base.length)] : [path]);
  const keyed = <D extends { path: string }>(all: readonly (D | null | undefined)[]): Named<D>[] =>
    all
      .flatMap((d) => (d ? pathsOf(d.path).map((path) => ({ key: marked(path), description: d })) : []))
      .sort((a, b) => b.key.length - a.key.length);
  if (head.kind !== 'classes') return { linears: [], norms: [], packed: [] };
  return {
    linears: keyed([head.dense?.linear, head.classifier]),
    norms: keyed([embedding.norm, head.dense?.norm]),
    packed: [],
  };
}

/**
 * The place of every weight by its name in the state dict, as far as they are found.
 * @throws {ModelError} when two tensors claim to be one weight, or the graph computes what the description does not
 */
export function bindWeights(graph: OnnxGraph, model: ModelDescription): Map<string, Place> {
  return new Binder(graph, model).places;
}

class Binder {
  readonly places = new Map<string, Place>();
  readonly #graph: OnnxGraph;
  readonly #model: ModelDescription;
  readonly #producers = new Map<string, OnnxNode>();
  readonly #shapes: Map<string, number[]>;
  readonly #layers: Map<string, LayerNames>;
  readonly #layerPlace: RegExp;
  readonly #outside: LayerNames;

  constructor(graph: OnnxGraph, model: ModelDescription) {
    this.#graph = graph;
    this.#model = model;
    for (const node of graph.nodes) {
      // The value of a branch may be called as that of the whole is: what computes it counts.
      for (const output of node.outputs)
        if (output && !(node.branch && this.#producers.has(output))) this.#producers.set(output, node);
    }
    this.#shapes = new Map(weightShapes(model).map(({ name, shape }) => [name, shape]));
    this.#layers = layerNames(model);
    this.#outside = outsideNames(model);
    const words = new Set([...this.#layers.keys()].map((place) => place.replace(/_\d+_$/, '').slice(1)));
    this.#layerPlace = new RegExp(`_(?:${[...words].join('|')})_\\d{1,4}_`);
    const head = this.#bindHead();
    for (const node of graph.nodes) {
      if (node === head) continue;
      switch (node.op) {
        case 'Gather':
        case 'GatherBlockQuantized':
          this.#bindTable(node);
          break;
        case 'MatMul':
        case 'FusedMatMul':
        case 'Gemm':
        case 'MatMulNBits':
          this.#bindProduct(node);
          break;
        case 'Add':
          this.#bindSum(node);
          break;
        case 'Mul':
        case 'LayerNormalization':
        case 'SkipLayerNormalization':
        case 'SimplifiedLayerNormalization':
        case 'SkipSimplifiedLayerNormalization':
        case 'RMSNormalization':
          this.#bindNorm(node);
          break;
      }
    }
  }

  #put(name: string, place: Place): void {
    const other = this.places.get(name);
    if (other && (other.tensor !== place.tensor || other.turned !== place.turned)) {
      throw new ModelError(message('hub.graph.twoWeights', { name, a: other.tensor.name, b: place.tensor.name }));
    }
    this.places.set(name, other && other.node !== place.node ? { ...place, node: null } : place);
  }

  /**
   * The constant a value comes from, through Cast, Identity, Transpose and a number that is added; null when it is
   * computed.
   */
  #constant(name: string | undefined): Constant | null {
    let [transposed, added] = [false, false];
    for (let hops = 0; name && hops < 8; hops++) {
      const tensor = this.#graph.tensors.get(name);
      if (tensor) return { tensor, transposed, added, quantised: null };
      const node = this.#producers.get(name);
      if (node?.op === 'Transpose') {
        const perm = node.attributes.get('perm') ?? [1, 0];
        if (!Array.isArray(perm) || perm.length !== 2) return null;
        if (perm[0] === 1) transposed = !transposed;
      } else if (node?.op === 'Add') {
        const number = node.inputs.findIndex((input) => this.#isNumber(input));
        if (number < 0) return null;
        added = true;
        name = node.inputs[1 - number];
        continue;
      } else if (node?.op !== 'Cast' && node?.op !== 'Identity') return null;
      name = node.inputs[0];
    }
    return null;
  }

  #isNumber(name: string): boolean {
    const dims = this.#graph.tensors.get(name)?.dims;
    return dims?.every((d) => d === 1) ?? false;
  }

  /** The constants among a node's inputs, in order. */
  #constants(node: Pick<OnnxNode, 'inputs'>): Constant[] {
    return node.inputs.flatMap((input) => this.#constant(input) ?? []);
  }

  /** Names that may hold the path of a node's module. */
  #paths(node: OnnxNode, constant: Constant | null): string[] {
    return [node.name, constant?.tensor.name ?? '', node.scopes ?? '', node.outputs[0] ?? ''].map(marked);
  }

  /** The layer that a name places itself in, with what follows. */
  #layerOf(path: string): LayerNames | null {
    const place = this.#layerPlace.exec(path);
    return place ? (this.#layers.get(place[0]) ?? null) : null;
  }

  #find<D>(paths: readonly string[], pick: (layer: LayerNames) => readonly Named<D>[]): D | null {
    const named = (names: LayerNames, path: string) => pick(names).find(({ key }) => path.includes(key))?.description;
    for (const path of paths) {
      const layer = this.#layerOf(path);
      const found = layer && named(layer, path);
      if (found) return found;
    }
    if (paths.some((path) => this.#layerOf(path))) return null;
    for (const path of paths) {
      const found = named(this.#outside, path);
      if (found) return found;
    }
    return null;
  }

  /** The modules that a packed product stands for. */
  #packed(paths: readonly string[]): readonly LinearDescription[] {
    for (const path of paths) if (path.includes('_qkv_proj_')) return this.#layerOf(path)?.packed ?? [];
    return [];
  }

  /** Binds the product that makes the logits, and what follows it. */
  #bindHead(): OnnxNode | null {
    const { head, vocab } = this.#model;
    const { outputs } = this.#graph;
    if (head.kind === 'classes') {
      // What lies between is found by name, and proved by what comes out.
      const ofTokens = this.#constants(this.#producers.get('logits') ?? NO_NODE).some(({ tensor }) =>
        isShape(tensor, [vocab]),
      );
      if (outputs.includes('logits') ? ofTokens : !statesOf(outputs))
        unsupported(message('hub.graph.has.noClasses', { outputs: outputs.join(', ') }));
      return null;
    }
    let name = outputs.includes('logits') ? 'logits' : (outputs[0] ?? '');
    let bias: Constant | null = null;
    for (let hops = 0; hops < 12; hops++) {
      const node = this.#producers.get(name);
      if (!node) return null;
      if (node.branch) {
        name = node.branch[node.outputs.indexOf(name)] ?? '';
        continue;
      }
      if (PRODUCTS.includes(node.op)) {
        const constant = this.#matrixOf(node, 1);
        if (constant) this.#putMatrix(`${head.path}.weight`, constant, node, false);
        bias ??= this.#biasOf(node);
        if (bias) this.#putBias(head.path, bias, node);
        return node;
      }
      const constant = node.inputs.findIndex((input) => this.#constant(input) !== null);
      if (node.op === 'Add' && constant >= 0) {
        const found = this.#constant(node.inputs[constant])!;
        if (!isShape(found.tensor, [vocab])) return null;
        bias = found;
      } else if (!['Cast', 'Identity', 'Tanh', 'Mul', 'Div'].includes(node.op)) return null;
      name = node.inputs[constant === 0 ? 1 : 0];
    }
    return null;
  }

  /** The matrix that a node multiplies with or looks up rows in. */
  #matrixOf(node: OnnxNode, input: number): Constant | null {
    const quantised = quantisedOf(node, this.#graph);
    if (!quantised) return this.#constant(node.inputs[input]);
    return { tensor: quantised.values, transposed: true, added: false, quantised };
  }

  /** @param inOut the state dict has it as [in, out] */
  #putMatrix(name: string, { tensor, transposed, quantised }: Constant, node: OnnxNode, inOut: boolean): void {
    checkProduct(node);
    // x·C: an untransposed constant C is [in, out].
    const isInOut = transposed === (node.attributes.get('transB') === 1);
    this.#put(name, { tensor, turned: isInOut !== inOut, packed: null, plusOne: false, quantised, node });
  }

  #putBias(path: string, { tensor }: Constant, node: OnnxNode): void {
    const name = `${path}.bias`;
    if (!this.#shapes.has(name)) unsupported(message('hub.graph.has.bias', { node: node.name }));
    this.#put(name, { tensor, turned: false, packed: null, plusOne: false, quantised: null, node });
  }

  /** The third input of a Gemm, the last of MatMulNBits. */
  #biasOf(node: OnnxNode): Constant | null {
    const input = node.inputs[BIAS_INPUT[node.op] ?? Infinity];
    if (!input) return null;
    return this.#constant(input) ?? unsupported(message('hub.graph.has.bias', { node: node.name }));
  }

  #bindProduct(node: OnnxNode): void {
    const constant = this.#matrixOf(node, 1);
    if (!constant || (!constant.quantised && constant.tensor.dims.length !== 2)) return;
    const paths = this.#paths(node, constant);
    const bias = this.#biasOf(node);
    const linear = this.#find(paths, ({ linears }) => linears);
    if (linear) {
      this.#putMatrix(`${linear.path}.weight`, constant, node, linear.inOut);
      if (bias) this.#putBias(linear.path, bias, node);
      return;
    }
    const packed = this.#packed(paths);
    if (packed.length === 0) return;
    checkProduct(node);
    const turned = constant.transposed === (node.attributes.get('transB') === 1);
    this.#putPacked(packed, 'weight', { ...constant, turned, node });
    if (bias) this.#putPacked(packed, 'bias', { ...bias, turned: false, node });
  }

  #putPacked(
    linears: readonly LinearDescription[],
    part: 'weight' | 'bias',
    { tensor, quantised, turned, node }: Pick<Constant, 'tensor' | 'quantised'> & { turned: boolean; node: OnnxNode },
  ): void {
    const rows = linears.reduce((sum, { dOut }) => sum + dOut, 0);
    let from = 0;
    for (const { path, dOut } of linears) {
      const name = `${path}.${part}`;
      if (!this.#shapes.has(name)) unsupported(message('hub.graph.has.bias', { node: tensor.name }));
      this.#put(name, { tensor, turned, packed: { from, rows }, plusOne: false, quantised, node });
      from += dOut;
    }
  }

  /** A bias that is added to a product, or a norm's. */
  #bindSum(node: OnnxNode): void {
    const constants = this.#constants(node);
    if (constants.length !== 1) return;
    const [constant] = constants;
    if (constant.tensor.dims.length !== 1) return;
    const [size] = constant.tensor.dims;
    const paths = this.#paths(node, constant);
    const linear = this.#find(paths, ({ linears }) => linears);
    if (linear) {
      if (size === linear.dOut) this.#putBias(linear.path, constant, node);
      return;
    }
    const packed = this.#packed(paths);
    if (packed.length > 0) return this.#putPacked(packed, 'bias', { ...constant, turned: false, node });
    const norm = this.#normOf(paths);
    if (norm && size === this.#shapes.get(`${norm.path}.weight`)?.[0]) this.#putBias(norm.path, constant, node);
  }

  #normOf(paths: readonly string[]): NormDescription | null {
    const { finalNorm } = this.#model;
    // The genai builder counts the final norm as one more layer.
    const found = this.#find(paths, ({ norms }) => norms);
    if (found || !finalNorm) return found;
    const last = marked(finalNorm.path.split('.').slice(-2).join('.'));
    const isFinal = (path: string) => path.includes('_final_norm_') || (!this.#layerOf(path) && path.includes(last));
    return paths.some(isFinal) ? finalNorm : null;
  }

  #bindNorm(node: OnnxNode): void {
    const constants = this.#constants(node);
    const norm = constants.length > 0 ? this.#normOf(this.#paths(node, constants[0])) : null;
    if (!norm) return;
    const size = this.#shapes.get(`${norm.path}.weight`)!;
    const [weight, bias, ...others] = constants.filter(({ tensor }) => isShape(tensor, size));
    if (!weight) return;
    if (others.length > 0) unsupported(message('hub.graph.has.bias', { node: node.name }));
    const { tensor, added } = weight;
    this.#put(`${norm.path}.weight`, {
      tensor,
      turned: false,
      packed: null,
      plusOne: norm.plusOne && !added,
      quantised: null,
      node,
    });
    // For a bias that a norm has not there are zeros in some graphs; other values would show in the logits.
    if (bias && (norm.bias || norm.kind === 'rms')) this.#putBias(norm.path, bias, node);
  }

  /** The embedding, learned positions, or kinds of tokens. */
  #bindTable(node: OnnxNode): void {
    const constant = this.#matrixOf(node, 0);
    if (!constant || (node.attributes.get('axis') ?? 0) !== 0) return;
    const { embedding } = this.#model;
    const { tensor, quantised } = constant;
    const turned = constant.transposed && !quantised;
    const stored = turned ? tensor.dims.toReversed() : tensor.dims;
    const dims = quantised ? [quantised.rows, quantised.width] : stored;
    const isOf = (name: string) => dims.join() === this.#shapes.get(name)?.join();
    const place: Place = { tensor, turned, packed: null, plusOne: false, quantised, node };
    for (const table of [embedding.positions, embedding.tokenTypes]) {
      if (!table || !isOf(`${table.path}.weight`)) continue;
      const key = marked(table.path.slice(table.path.lastIndexOf('.') + 1));
      if (this.#paths(node, constant).some((path) => path.includes(key)))
        return this.#put(`${table.path}.weight`, place);
    }
    if (isOf(`${embedding.path}.weight`)) this.#put(`${embedding.path}.weight`, place);
  }
}

/** Scales would change the product: refused, not ignored. */
function checkProduct(node: OnnxNode): void {
  const attribute = (name: string, neutral: number) => node.attributes.get(name) ?? neutral;
  if (attribute('alpha', 1) !== 1 || attribute('beta', 1) !== 1 || attribute('transA', 0) !== 0)
    unsupported(message('hub.graph.has.scaled', { node: node.name }));
}
