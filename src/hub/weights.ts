/**
 * Finds a Llama's weights in an ONNX graph by following the graph, since exporters name initialisers freely:
 * optimum says `onnx::MatMul_123` ([in, out]) and keeps the module's path in the node's name; the genai builder
 * says `model.layers.0.attn.q_proj.MatMul.weight` and may pack q, k and v into one; others keep [out, in] behind a
 * Transpose. Whatever the storage, `get` hands a tensor over as f32 in PyTorch's layout [out, in].
 * That the right tensor was found is proved afterwards, by comparing logits with ONNX Runtime's.
 */
import { ModelError } from '../shared/errors';
import { type Message, message } from '../shared/message';
import type { LlamaConfig, WeightName } from '../shared/types';
import { transpose } from './floats';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx/model';
import { checkTensor, externalRange, readTensor } from './onnx/tensor';

interface WeightTensor {
  data: Float32Array;
  /** [out, in] of a linear layer, [vocab, dModel] of embedding and head, [dModel] of a norm. */
  shape: [number, number] | [number];
}

/** The frozen weights of a model. Each `get` makes a fresh copy that belongs to the caller. */
export interface Weights {
  get(name: WeightName): WeightTensor;
  /** Forgets the file's bytes; `get` throws from then on. */
  release(): void;
}

type Slot =
  | 'embed'
  | 'finalNorm'
  | 'head'
  | 'inputNorm'
  | 'postNorm'
  | 'q'
  | 'k'
  | 'v'
  | 'o'
  | 'gate'
  | 'up'
  | 'down'
  | 'qkv';

/** Where a weight is stored. `inOut`: [in, out], to be transposed. */
interface Place {
  tensor: OnnxTensor;
  inOut: boolean;
  /** Packed q, k, v: this weight's first output row, and all rows of the tensor. */
  packed: { from: number; rows: number } | null;
}

const LINEAR_PATH = /(?:^|[./])(qkv|q|k|v|o|gate|up|down)_proj(?:[./_]|$)/;
const LAYER_PATH = /(?:^|[./])layers[./_](\d{1,4})[./]/;

/** Operators that compute with quantised weights, and what they stand for. */
const QUANTISED_OPS: Record<string, 'int4' | 'int8' | 'weights' | 'embedding'> = {
  MatMulNBits: 'int4',
  MatMulBnb4: 'int4',
  MatMulInteger: 'int8',
  DynamicQuantizeMatMul: 'int8',
  QLinearMatMul: 'int8',
  MatMulIntegerToFloat: 'int8',
  DequantizeLinear: 'weights',
  GatherBlockQuantized: 'embedding',
};

/**
 * Refuses what Sieve's forward does not compute. Meant as `ParserHooks.onNode`: it fires while the file is coming in.
 * @throws {ModelError}
 */
export function checkNode(node: OnnxNode): void {
  const quantised = Object.hasOwn(QUANTISED_OPS, node.op) ? QUANTISED_OPS[node.op] : null;
  if (quantised) throw new ModelError(message('hub.graph.quantised', { what: quantised, op: node.op }));
  const set = (name: string, neutral: number): boolean => (node.attributes.get(name) ?? neutral) !== neutral;
  if (set('interleaved', 0) || set('rotary_interleaved', 0)) unsupported(message('hub.graph.has.interleaved'));
  if (set('local_window_size', -1)) unsupported(message('hub.graph.has.window'));
  if (set('softcap', 0)) unsupported(message('hub.graph.has.softcap'));
}

function unsupported(what: Message): never {
  throw new ModelError(message('hub.graph.unsupported', { what }));
}

/** Every weight of the model, bottom up; the head too, tied or not. */
export function weightNames(config: LlamaConfig): WeightName[] {
  const names: WeightName[] = [{ part: 'embed' }];
  for (let layer = 0; layer < config.layers; layer++) {
    for (const part of ['inputNorm', 'q', 'k', 'v', 'o', 'postNorm', 'gate', 'up', 'down'] as const)
      names.push({ part, layer });
  }
  return [...names, { part: 'finalNorm' }, { part: 'head' }];
}

/** Shape of a weight in PyTorch's layout. */
export function weightShape(name: WeightName, c: LlamaConfig): [number, number] | [number] {
  const q = c.heads * c.headDim;
  const kv = c.kvHeads * c.headDim;
  switch (name.part) {
    case 'embed':
    case 'head':
      return [c.vocab, c.dModel];
    case 'finalNorm':
    case 'inputNorm':
    case 'postNorm':
      return [c.dModel];
    case 'q':
      return [q, c.dModel];
    case 'k':
    case 'v':
      return [kv, c.dModel];
    case 'o':
      return [c.dModel, q];
    case 'gate':
    case 'up':
      return [c.ffn, c.dModel];
    case 'down':
      return [c.dModel, c.ffn];
  }
}

function key(name: WeightName): string {
  return 'layer' in name ? `${name.layer}.${name.part}` : name.part;
}

function words(name: WeightName): Message {
  return message('hub.graph.weight', { part: name.part, layer: 'layer' in name ? name.layer : null });
}

/** Data files the graph's tensors live in. */
export function externalFiles(graph: OnnxGraph): string[] {
  const files = new Set<string>();
  for (const tensor of graph.tensors.values()) {
    if (tensor.external) files.add(externalRange(tensor).location);
    if (files.size > 64) throw new ModelError(message('hub.model.manyFiles'));
  }
  return [...files];
}

/**
 * Finds and checks every weight; values are read on `get`.
 * @param external bytes of a data file, by its name.
 * @throws {ModelError} naming the weight that is missing, ambiguous or misshapen.
 */
export function resolveWeights(
  graph: OnnxGraph,
  config: LlamaConfig,
  external: (location: string) => Uint8Array = noExternal,
): Weights {
  graph.nodes.forEach(checkNode);
  checkOverlaps(graph);
  const places = findPlaces(graph, config);
  for (const name of weightNames(config)) {
    const place = placeOf(name, places, config);
    const [rows, columns = 1] = weightShape(name, config);
    const stored = place.tensor.dims;
    const storedRows = place.packed?.rows ?? rows;
    const wanted = columns === 1 ? [rows] : place.inOut ? [columns, storedRows] : [storedRows, columns];
    if (!isShape(place.tensor, wanted)) {
      throw new ModelError(
        message('hub.graph.shape', { weight: words(name), stored: stored.join(', '), wanted: wanted.join(', ') }),
      );
    }
    checkTensor(place.tensor, graph.bytes.length, external);
  }

  let file: Uint8Array | null = graph.bytes;
  return {
    get(name) {
      if (!file) throw new ModelError(message('hub.model.released'));
      const place = placeOf(name, places, config);
      const shape = weightShape(name, config);
      let data = readTensor(place.tensor, file, external);
      if (shape.length === 1) return { data, shape };
      const [rows, columns] = shape;
      if (place.inOut) data = transpose(data, columns, place.packed?.rows ?? rows);
      if (place.packed) data = data.slice(place.packed.from * columns, (place.packed.from + rows) * columns);
      return { data, shape };
    },
    release() {
      file = null;
    },
  };
}

function noExternal(location: string): Uint8Array {
  throw new ModelError(message('hub.model.missingData', { file: location }));
}

function placeOf(name: WeightName, places: Map<string, Place>, config: LlamaConfig): Place {
  const place = places.get(key(name)) ?? (name.part === 'head' && config.tied ? places.get('embed') : undefined);
  if (!place) throw new ModelError(message('hub.graph.noWeight', { weight: words(name) }));
  return place;
}

/** External tensors may share a stretch (tied weights), but never a part of one. */
function checkOverlaps(graph: OnnxGraph): void {
  const ranges = [...graph.tensors.values()]
    .filter((t) => t.external)
    .map((t) => ({ name: t.name, ...externalRange(t) }));
  ranges.sort((a, b) =>
    a.location < b.location ? -1 : a.location > b.location ? 1 : a.offset - b.offset || a.length - b.length,
  );
  for (let i = 1; i < ranges.length; i++) {
    const [a, b] = [ranges[i - 1], ranges[i]];
    const same = a.offset === b.offset && a.length === b.length;
    if (a.location === b.location && !same && b.offset < a.offset + a.length) {
      throw new ModelError(message('hub.graph.overlap', { a: a.name, b: b.name, file: a.location }));
    }
  }
}

function findPlaces(graph: OnnxGraph, config: LlamaConfig): Map<string, Place> {
  const producers = new Map<string, OnnxNode>();
  for (const node of graph.nodes) for (const output of node.outputs) if (output) producers.set(output, node);
  const logits = throughCasts(graph.outputs.includes('logits') ? 'logits' : (graph.outputs[0] ?? ''), producers);

  const places = new Map<string, Place>();
  const put = (slot: Slot, layer: number | null, place: Place) => {
    const name = layer === null ? slot : `${layer}.${slot}`;
    const other = places.get(name);
    if (other && (other.tensor !== place.tensor || other.inOut !== place.inOut)) {
      throw new ModelError(message('hub.graph.twoWeights', { name, a: other.tensor.name, b: place.tensor.name }));
    }
    places.set(name, place);
  };

  for (const node of graph.nodes) {
    const paths = (tensor: OnnxTensor) => [node.name, tensor.name, node.outputs[0] ?? ''];
    switch (node.op) {
      case 'Gather': {
        const constant = findConstant(node.inputs[0], graph, producers);
        if (
          constant &&
          isShape(constant.tensor, [config.vocab, config.dModel]) &&
          !constant.transposed &&
          (node.attributes.get('axis') ?? 0) === 0
        ) {
          put('embed', null, { tensor: constant.tensor, inOut: false, packed: null });
        }
        break;
      }
      case 'MatMul':
      case 'FusedMatMul':
      case 'Gemm': {
        const constant = findConstant(node.inputs[1], graph, producers);
        if (!constant || constant.tensor.dims.length !== 2) break;
        const found =
          node.outputs[0] === logits ? { slot: 'head' as const, layer: null } : linearSlot(paths(constant.tensor));
        if (!found) break;
        checkLinear(node);
        // x·C: an untransposed constant C is [in, out].
        const inOut = constant.transposed === (node.attributes.get('transB') === 1);
        const { tensor } = constant;
        if (found.slot !== 'qkv') put(found.slot, found.layer, { tensor, inOut, packed: null });
        else {
          const q = config.heads * config.headDim;
          const kv = config.kvHeads * config.headDim;
          const rows = q + 2 * kv;
          put('q', found.layer, { tensor, inOut, packed: { from: 0, rows } });
          put('k', found.layer, { tensor, inOut, packed: { from: q, rows } });
          put('v', found.layer, { tensor, inOut, packed: { from: q + kv, rows } });
        }
        break;
      }
      case 'Mul':
      case 'SimplifiedLayerNormalization':
      case 'SkipSimplifiedLayerNormalization':
      case 'RMSNormalization': {
        for (const input of node.inputs) {
          const constant = findConstant(input, graph, producers);
          if (!constant || !isShape(constant.tensor, [config.dModel])) continue;
          const found = normSlot(paths(constant.tensor));
          if (found) put(found.slot, found.layer, { tensor: constant.tensor, inOut: false, packed: null });
        }
        break;
      }
    }
  }
  return places;
}

function isShape(tensor: OnnxTensor, dims: number[]): boolean {
  return tensor.dims.length === dims.length && tensor.dims.every((d, i) => d === dims[i]);
}

/** The value behind casts on the way to an output. */
function throughCasts(name: string, producers: Map<string, OnnxNode>): string {
  for (let hops = 0; hops < 8; hops++) {
    const node = producers.get(name);
    if (!node || (node.op !== 'Cast' && node.op !== 'Identity')) break;
    name = node.inputs[0];
  }
  return name;
}

/** The constant a value comes from, through Cast, Identity and Transpose; null when it is computed. */
function findConstant(
  name: string | undefined,
  graph: OnnxGraph,
  producers: Map<string, OnnxNode>,
): { tensor: OnnxTensor; transposed: boolean } | null {
  let transposed = false;
  for (let hops = 0; name && hops < 8; hops++) {
    const tensor = graph.tensors.get(name);
    if (tensor) return { tensor, transposed };
    const node = producers.get(name);
    if (node?.op === 'Transpose') {
      const perm = node.attributes.get('perm') ?? [1, 0];
      if (!Array.isArray(perm) || perm.length !== 2) return null;
      if (perm[0] === 1) transposed = !transposed;
    } else if (node?.op !== 'Cast' && node?.op !== 'Identity') return null;
    name = node.inputs[0];
  }
  return null;
}

function linearSlot(paths: string[]): { slot: Slot; layer: number | null } | null {
  for (const path of paths) {
    const kind = LINEAR_PATH.exec(path);
    const layer = LAYER_PATH.exec(path);
    if (kind && layer) return { slot: kind[1] as Slot, layer: Number(layer[1]) };
  }
  return paths.some((path) => /(?:^|[./])lm_head(?:[./]|$)/.test(path)) ? { slot: 'head', layer: null } : null;
}

function normSlot(paths: string[]): { slot: Slot; layer: number | null } | null {
  for (const path of paths) {
    // The genai builder counts the final norm as one more layer.
    if (path.includes('final_norm') || /(?:^|[./])model[./]norm(?:[./]|$)/.test(path))
      return { slot: 'finalNorm', layer: null };
    const layer = LAYER_PATH.exec(path);
    if (layer && path.includes('input_layernorm')) return { slot: 'inputNorm', layer: Number(layer[1]) };
    if (layer && path.includes('post_attention_layernorm')) return { slot: 'postNorm', layer: Number(layer[1]) };
  }
  return null;
}

/** Scales and biases would change the product: refused, not ignored. */
function checkLinear(node: OnnxNode): void {
  const attribute = (name: string, neutral: number) => node.attributes.get(name) ?? neutral;
  if (attribute('alpha', 1) !== 1 || attribute('transA', 0) !== 0)
    unsupported(message('hub.graph.has.scaled', { node: node.name }));
  if (node.op === 'Gemm' && node.inputs[2]) unsupported(message('hub.graph.has.bias', { node: node.name }));
}
