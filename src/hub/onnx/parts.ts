/**
 * An ONNX graph in parts that are run one after the other: each is a file of its own, with the values that cross from
 * the parts before it as inputs. Whoever runs them so has the weights of one part in memory. Field numbers: onnx.proto3
 * of the ONNX project.
 */
import type { ModelDescription } from '../../shared/model';
import { type Bytes, type Field, decode, fields, int, joined, text, within } from './edit';
import { bindWeights } from './bind';
import type { OnnxGraph } from './model';
import { MOST_AT_ONCE } from '../openingMemory';

const MODEL_GRAPH = 7;
const GRAPH = { node: 1, name: 2, tensor: 5, input: 11, output: 12, sparse: 15 } as const;
const NODE = { input: 1, output: 2, attribute: 5 } as const;
/** Of an attribute: a graph, or several. */
const ATTRIBUTE_GRAPHS = [6, 11];
const TENSOR_NAME = 8;
/** Graphs within graphs, at most: an `If` in a loop has two. */
const DEPTH = 8;

/** Layers of a part: as many as make its weights outweigh what starting it takes, and few of the whole. */
const LAYERS = 6;

/** TensorProto.DataType by ONNX Runtime's names. */
const TYPES: Record<string, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

/**
 * Values of a graph behind which a part may end: the embedding's, and those of the last layer of each part, by 4 to 8
 * layers (all in one where there are fewer than nine). Fewer where the graph hides them; what it computes otherwise
 * does not matter.
 */
export function partEnds(graph: OnnxGraph, model: ModelDescription): string[] {
  const places = bindWeights(graph, model);
  const table = places.get(`${model.embedding.path}.weight`)?.tensor.name;
  const embedding = graph.nodes.find(({ op, inputs }) => op.startsWith('Gather') && inputs[0] === table);
  const { length } = model.layers;
  const count = Math.max(1, Math.round(length / LAYERS));
  const last = Array.from({ length: count }, (_, i) => model.layers[Math.ceil((length * (i + 1)) / count) - 1]);
  const ends = [embedding, ...last.map(({ mlp }) => places.get(`${mlp.output.path}.weight`)?.node)];
  return ends.flatMap((node) => node?.outputs[0] ?? []);
}

/** `partEnds` of a model whose files have so many bytes; none of one that is small enough to be proved as a whole. */
export const endsOf = (graph: OnnxGraph, model: ModelDescription, bytes: number): string[] =>
  bytes > MOST_AT_ONCE ? partEnds(graph, model) : [];

/** A part: what it is given, and what it gives. */
export interface GraphPart {
  inputs: readonly string[];
  outputs: readonly string[];
  /** Its file. @param typeOf of a value that another part has made, by ONNX Runtime's names */
  file(typeOf: (value: string) => string | undefined): Bytes;
}

interface Node {
  field: Field;
  /** Values that it reads, those that graphs within it may read among them. */
  reads: string[];
  writes: string[];
}

const names = (bytes: Uint8Array, all: readonly Field[], number: number): string[] =>
  all.filter((f) => f.number === number).map((f) => decode(bytes, f));

/** Everything that nodes of graphs within a node read. */
function readsWithin(bytes: Uint8Array, node: readonly Field[], depth: number): string[] {
  if (depth > DEPTH) return [];
  return node
    .filter((f) => f.number === NODE.attribute)
    .flatMap((attribute) => [...fields(bytes, attribute.from, attribute.end)])
    .filter((f) => ATTRIBUTE_GRAPHS.includes(f.number))
    .flatMap((graph) => [...fields(bytes, graph.from, graph.end)])
    .flatMap((f) => {
      if (f.number === GRAPH.output) return names(bytes, [...fields(bytes, f.from, f.end)], 1);
      if (f.number !== GRAPH.node) return [];
      const inner = [...fields(bytes, f.from, f.end)];
      return [...names(bytes, inner, NODE.input), ...readsWithin(bytes, inner, depth + 1)];
    });
}

function nodeOf(bytes: Uint8Array, field: Field): Node {
  const all = [...fields(bytes, field.from, field.end)];
  const reads = [...names(bytes, all, NODE.input), ...readsWithin(bytes, all, 0)];
  return { field, reads: reads.filter(Boolean), writes: names(bytes, all, NODE.output).filter(Boolean) };
}

/** Parts of a graph by the name of one of their fields, whole. */
function named(bytes: Uint8Array, graph: readonly Field[], number: number, name: number): Map<string, Field> {
  const all = graph.filter((f) => f.number === number);
  return new Map(all.flatMap((f) => names(bytes, [...fields(bytes, f.from, f.end)], name).map((key) => [key, f])));
}

/** What a graph calls the output that is asked for: the first, where none has that name. */
export const outputOf = (outputs: readonly string[], asked: string): string =>
  outputs.includes(asked) ? asked : outputs[0];

/**
 * The parts that together give one output of the graph; nodes that it does not need are left out. What is made of
 * initialisers alone is made anew in each part.
 * @param bytes of a file that was read before, best one whose values lie elsewhere: `valuesElsewhere`
 * @param ends values behind which a part ends; those that the graph has not are passed over
 * @param asked its output, by `outputOf`
 * @returns null where there is nothing to be cut
 */
export function graphParts(bytes: Uint8Array, ends: readonly string[], asked: string): GraphPart[] | null {
  const model = [...fields(bytes, 0, bytes.length)];
  const graphs = model.filter((f) => f.number === MODEL_GRAPH);
  if (graphs.length !== 1) return null;
  const graph = [...fields(bytes, graphs[0].from, graphs[0].end)];
  if (graph.some((f) => f.number === GRAPH.sparse)) return null;
  const tensors = named(bytes, graph, GRAPH.tensor, TENSOR_NAME);
  const given = named(bytes, graph, GRAPH.input, 1);
  const outputs = named(bytes, graph, GRAPH.output, 1);
  const wanted = outputOf([...outputs.keys()], asked);
  const inFile = graph.filter((f) => f.number === GRAPH.node).map((f) => nodeOf(bytes, f));
  const makers = new Map(inFile.flatMap((node) => node.writes.map((value) => [value, node] as const)));
  const needed = new Set<Node>();
  const open = [wanted];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const maker = makers.get(value);
    if (!maker || needed.has(maker)) continue;
    needed.add(maker);
    open.push(...maker.reads);
  }

  const nodes = inOrder(
    inFile.filter((node) => needed.has(node)),
    makers,
  );
  const constant = new Set<Node>();
  const fixed = (value: string) => {
    const maker = makers.get(value);
    return maker ? constant.has(maker) : tensors.has(value);
  };
  for (const node of nodes) if (node.reads.every(fixed)) constant.add(node);

  const places = new Map<Node, number>();
  const left = new Set(ends);
  let last = 0;
  for (const node of nodes) {
    if (constant.has(node)) continue;
    places.set(node, last);
    if (node.writes.some((value) => left.delete(value))) last++;
  }
  const at = (value: string): number | undefined => {
    const maker = makers.get(value);
    return maker && places.get(maker);
  };
  const count = Math.max(...places.values()) + 1;
  if (!(count > 1)) return null;

  const rest = model.filter((f) => f !== graphs[0]).map((f) => bytes.subarray(f.start, f.end));
  const heading = graph.filter((f) => f.number === GRAPH.name).map((f) => bytes.subarray(f.start, f.end));
  return Array.from({ length: count }, (_, part): GraphPart => {
    const own = new Set([...places].flatMap(([node, place]) => (place === part ? [node] : [])));
    const values = new Set([...own].flatMap(({ reads }) => reads));
    // A set's values that are added while it is walked are walked, too.
    for (const value of values) {
      const maker = makers.get(value);
      if (maker && constant.has(maker)) for (const read of maker.reads) values.add(read);
    }
    const anew = new Set([...values].flatMap((value) => makers.get(value) ?? []).filter((node) => constant.has(node)));
    const crossing = [...values].filter((value) => (at(value) ?? part) < part);
    const later = new Set([...places].flatMap(([node, place]) => (place > part ? node.reads : [])));
    const gives = [...own].flatMap(({ writes }) => writes).filter((value) => value === wanted || later.has(value));
    const asked = [...values].filter((value) => given.has(value) && !tensors.has(value));
    const whole = (all: ReadonlyMap<string, Field>) =>
      [...values].flatMap((value) => {
        const field = all.get(value);
        return field ? [bytes.subarray(field.start, field.end)] : [];
      });
    return {
      inputs: [...asked, ...crossing],
      outputs: gives,
      file: (typeOf) =>
        joined([
          ...rest,
          within(
            MODEL_GRAPH,
            joined([
              ...nodes
                .filter((node) => own.has(node) || anew.has(node))
                .map(({ field }) => bytes.subarray(field.start, field.end)),
              ...heading,
              ...whole(tensors),
              ...whole(given),
              ...crossing.map((value) => within(GRAPH.input, valueInfo(value, TYPES[typeOf(value) ?? ''] ?? 0))),
              ...gives.map((value) => within(GRAPH.output, text(1, value))),
            ]),
          ),
        ]),
    };
  });
}

/** Nodes behind what they read from; some converters put nodes at the end of a file whose values are read before. */
function inOrder(nodes: readonly Node[], makers: ReadonlyMap<string, Node>): Node[] {
  const done = new Set<Node>();
  const begun = new Set<Node>();
  for (const first of nodes) {
    const open = [first];
    for (let node = open.at(-1); node; node = open.at(-1)) {
      const before = begun.has(node) ? [] : node.reads.flatMap((value) => makers.get(value) ?? []);
      begun.add(node);
      const waits = before.filter((maker) => !begun.has(maker));
      open.push(...waits.toReversed());
      if (waits.length > 0) continue;
      open.pop();
      done.add(node);
    }
  }
  return [...done];
}

/** ValueInfoProto of a tensor of any shape. */
const valueInfo = (name: string, type: number): Bytes =>
  joined([text(1, name), within(2, within(1, Uint8Array.from(int(1, type))))]);
