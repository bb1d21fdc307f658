/**
 * A protobuf wire reader for ONNX models that works while the file is still coming in.
 *
 * The download fills one buffer; `advance` parses as far as the bytes reach and remembers where each tensor's
 * values lie. Values are neither copied nor looked at, so the file is held once however large it is. Every length
 * is checked against the message around it, counts are bounded, and nesting is a few known levels: a hostile file
 * fails on the first byte that is wrong.
 */
import { ModelError } from '../../shared/errors';
import { type Message, message } from '../../shared/message';
import type { OnnxGraph, OnnxNode, OnnxTensor, Range } from './model';

/** A Llama of 128 layers, as optimum writes it, has some 30 000 nodes. */
const MAX_NODES = 40_000;
const MAX_TENSORS = 40_000;
/** Longest name, and most names or numbers in one node. */
const MAX_STRING = 4096;
const MAX_LIST = 4096;
const MAX_RANK = 8;
/** Fields of the whole file, known or stepped over: some twenty for a node or tensor. */
const MAX_FIELDS = 1_000_000;

/** Where `torch.onnx.export` writes the paths of a node's modules. */
const SCOPES = 'pkg.torch.onnx.name_scopes';

type Level = 'model' | 'graph' | 'node' | 'attribute' | 'tensor' | 'entry' | 'value-info';
const UTF8 = new TextDecoder();
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

interface Frame {
  level: Level;
  end: number;
  node?: OnnxNode;
  tensor?: OnnxTensor;
  /** `attribute`: what has been read of it. */
  attribute?: { name: string; value?: number | number[]; at?: Range; tensor?: OnnxTensor };
  /** `graph`: the node that it is a branch of. */
  branchOf?: OnnxNode;
  /** `entry`: a key-value pair of external_data, or of a node's metadata. `value-info`: its name is the key. */
  entry?: { key: string; value: string };
}

const TYPED_FIELDS: Record<number, NonNullable<OnnxTensor['typed']>['field']> = {
  4: 'float_data',
  5: 'int32_data',
  7: 'int64_data',
  10: 'double_data',
  11: 'uint64_data',
};

/** @param what is wrong with the file, of the catalogue’s `hub.onnxHas` */
export function damaged(what: Message): never {
  throw new ModelError(message('hub.onnx', { what }));
}

/** Short ASCII names are the rule, and decoding them by hand saves most of the parser's time. */
function decodeText(bytes: Uint8Array, { offset, length }: Range): string {
  let text = '';
  for (let i = offset; i < offset + length; i++) {
    if (bytes[i] >= 0x80) return UTF8.decode(bytes.subarray(offset, offset + length));
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}

export interface ParserHooks {
  /** Called as soon as a node is complete; may throw to refuse the file early. */
  onNode?(node: OnnxNode): void;
}

export class OnnxParser {
  readonly #hooks: ParserHooks;
  readonly #stack: Frame[] = [{ level: 'model', end: Infinity }];
  readonly #nodes: OnnxNode[] = [];
  readonly #tensors = new Map<string, OnnxTensor>();
  readonly #outputs: string[] = [];
  readonly #accuracyLevels: Range[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #available = 0;
  /** The next byte to parse; lies beyond `#available` while a payload is skipped. */
  #position = 0;
  #graphs = 0;
  #fields = 0;

  constructor(hooks: ParserHooks = {}) {
    this.#hooks = hooks;
  }

  /** Parses on: `bytes[0, available)` has come so far (the same file each time; the buffer may have moved). */
  advance(bytes: Uint8Array, available: number): void {
    this.#bytes = bytes;
    this.#available = available;
    for (;;) {
      while (this.#stack.length > 1 && this.#position === this.#top().end) this.#close();
      if (this.#position >= this.#available) return;
      const start = this.#position;
      if (!this.#field()) {
        this.#position = start;
        return;
      }
    }
  }

  /**
   * The graph, once the whole file is there.
   * @throws {ModelError} when the file ends too early or holds no graph.
   */
  finish(bytes: Uint8Array): OnnxGraph {
    this.advance(bytes, bytes.length);
    if (this.#stack.length > 1 || this.#position !== bytes.length) {
      damaged(
        message('hub.onnxHas.cutOff', {
          bytes: bytes.length,
          level: this.#stack.length > 1 ? this.#top().level : 'field',
        }),
      );
    }
    if (this.#graphs === 0 || this.#nodes.length === 0) damaged(message('hub.onnxHas.noGraph'));
    return {
      nodes: this.#nodes,
      tensors: this.#tensors,
      outputs: this.#outputs,
      accuracyLevels: this.#accuracyLevels,
      bytes,
    };
  }

  #top(): Frame {
    return this.#stack[this.#stack.length - 1];
  }

  /**
   * A varint as a number (64-bit ones keep their low 53 bits' value; negatives come out negative). null: more bytes
   * needed.
   */
  #varint(): number | null {
    const limit = Math.min(this.#top().end, this.#position + 10);
    let low = 0;
    let high = 0;
    let p = this.#position;
    for (let shift = 0; ; shift += 7) {
      if (p >= limit) damaged(message('hub.onnxHas.endless', { at: this.#position }));
      if (p >= this.#available) return null;
      const byte = this.#bytes[p++];
      const bits = byte & 0x7f;
      if (shift < 28) low += bits * 2 ** shift;
      else high += bits * 2 ** (shift - 28);
      if (byte < 0x80) break;
    }
    this.#position = p;
    // Two's complement of 64 bits: high holds bits 28…63.
    if (high >= 2 ** 35) return (high - 2 ** 36) * 2 ** 28 + low;
    return high * 2 ** 28 + low;
  }

  /** One field of the current message. false: it has not come in completely. */
  #field(): boolean {
    const frame = this.#top();
    const tag = this.#varint();
    if (tag === null) return false;
    if (++this.#fields > MAX_FIELDS) damaged(message('hub.onnxHas.manyFields', { most: MAX_FIELDS }));
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (tag <= 0 || number > 536870911) damaged(message('hub.onnxHas.impossible', { at: this.#position }));
    if (wire === VARINT) {
      const offset = this.#position;
      const value = this.#varint();
      if (value === null) return false;
      this.#scalar(frame, number, value, offset);
      return true;
    }
    if (wire === FIXED32 || wire === FIXED64) return this.#fixed(frame, number, wire === FIXED32 ? 4 : 8);
    if (wire !== BYTES) damaged(message('hub.onnxHas.wireType', { type: wire, at: this.#position }));
    const length = this.#varint();
    if (length === null) return false;
    const end = this.#position + length;
    if (length < 0 || !Number.isSafeInteger(end) || end > frame.end)
      damaged(message('hub.onnxHas.tooLong', { at: this.#position, length, level: frame.level }));
    return this.#payload(frame, number, { offset: this.#position, length });
  }

  #scalar(frame: Frame, field: number, value: number, offset: number): void {
    if (frame.level === 'tensor') {
      const tensor = frame.tensor!;
      if (field === 1) pushBounded(tensor.dims, value, MAX_RANK, 'dimensions');
      else if (field === 2) tensor.dataType = value;
      else if (field === 14 && value === 1) tensor.external ??= new Map();
      else if (TYPED_FIELDS[field])
        damaged(message('hub.onnxHas.unpacked', { tensor: tensor.name, field: TYPED_FIELDS[field] }));
    } else if (frame.level === 'attribute') {
      const attribute = frame.attribute!;
      if (field === 3) {
        attribute.value = value;
        attribute.at = { offset, length: this.#position - offset };
      } else if (field === 8)
        attribute.value = pushBounded(Array.isArray(attribute.value) ? attribute.value : [], value, MAX_LIST, 'values');
    }
  }

  #fixed(frame: Frame, field: number, width: number): boolean {
    if (this.#position + width > frame.end) damaged(message('hub.onnxHas.endless', { at: this.#position }));
    if (this.#position + width > this.#available) return false;
    if (frame.level === 'attribute' && field === 2 && width === 4) {
      frame.attribute!.value = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#position, 4).getFloat32(
        0,
        true,
      );
    } else if (frame.level === 'tensor' && TYPED_FIELDS[field]) {
      damaged(message('hub.onnxHas.unpacked', { tensor: frame.tensor!.name, field: TYPED_FIELDS[field] }));
    }
    this.#position += width;
    return true;
  }

  /** A length-delimited field: a message to go into, a string to keep, or bytes to step over. */
  #payload(frame: Frame, field: number, range: Range): boolean {
    const enter = (child: Omit<Frame, 'end'>): boolean => {
      this.#stack.push({ ...child, end: range.offset + range.length });
      return true;
    };
    const skip = (): boolean => {
      this.#position = range.offset + range.length;
      return true;
    };
    const text = (keep: (value: string) => void): boolean => {
      if (range.length > MAX_STRING) damaged(message('hub.onnxHas.longName', { bytes: range.length }));
      if (range.offset + range.length > this.#available) return false;
      keep(decodeText(this.#bytes, range));
      return skip();
    };

    switch (frame.level) {
      case 'model':
        if (field !== 7) return skip();
        if (++this.#graphs > 1) damaged(message('hub.onnxHas.twoGraphs'));
        return enter({ level: 'graph' });
      case 'graph':
        if (field === 1) {
          if (this.#nodes.length >= MAX_NODES) damaged(message('hub.onnxHas.manyNodes', { most: MAX_NODES }));
          return enter({
            level: 'node',
            node: { name: '', op: '', domain: '', inputs: [], outputs: [], attributes: new Map() },
          });
        }
        if (field === 5) return enter({ level: 'tensor', tensor: emptyTensor() });
        if (field === 12) return enter({ level: 'value-info', entry: { key: '', value: '' } });
        return skip();
      case 'node': {
        const node = frame.node!;
        if (field === 1) return text((s) => pushBounded(node.inputs, s, MAX_LIST, 'inputs'));
        if (field === 2) return text((s) => pushBounded(node.outputs, s, MAX_LIST, 'outputs'));
        if (field === 3)
          return text((s) => {
            node.name = s;
          });
        if (field === 4)
          return text((s) => {
            node.op = s;
          });
        if (field === 7)
          return text((s) => {
            node.domain = s;
          });
        if (field === 5) return enter({ level: 'attribute', attribute: { name: '' } });
        if (field === 9) return enter({ level: 'entry', entry: { key: '', value: '' } });
        return skip();
      }
      case 'attribute': {
        const attribute = frame.attribute!;
        if (field === 1)
          return text((s) => {
            attribute.name = s;
          });
        if (field === 5) return enter({ level: 'tensor', tensor: emptyTensor() });
        if (field === 6 && attribute.name === 'else_branch') {
          const node = this.#stack[this.#stack.length - 2].node!;
          // Of a branch within a branch nothing is needed.
          if (node.op === 'If' && !this.#stack.some(({ branchOf }) => branchOf)) {
            node.branch = [];
            return enter({ level: 'graph', branchOf: node });
          }
        }
        if (field === 8)
          return this.#packed(range, (v) => {
            attribute.value = pushBounded(Array.isArray(attribute.value) ? attribute.value : [], v, MAX_LIST, 'values');
          });
        return skip();
      }
      case 'tensor': {
        const tensor = frame.tensor!;
        if (field === 1) return this.#packed(range, (v) => pushBounded(tensor.dims, v, MAX_RANK, 'dimensions'));
        if (field === 8)
          return text((s) => {
            tensor.name = s;
          });
        if (field === 9) {
          if (tensor.raw) damaged(message('hub.onnxHas.twiceData', { tensor: tensor.name }));
          tensor.raw = range;
          return skip();
        }
        if (field === 13) return enter({ level: 'entry', entry: { key: '', value: '' } });
        const typed = TYPED_FIELDS[field];
        if (typed) {
          if (tensor.typed && tensor.typed.field !== typed)
            damaged(message('hub.onnxHas.twiceData', { tensor: tensor.name }));
          tensor.typed ??= { field: typed, ranges: [] };
          pushBounded(tensor.typed.ranges, range, MAX_LIST, 'pieces');
        }
        return skip();
      }
      case 'entry':
      case 'value-info':
        if (field === 1)
          return text((s) => {
            frame.entry!.key = s;
          });
        // A node's other metadata are long and of no use.
        if (this.#stack[this.#stack.length - 2].level === 'node' && frame.entry!.key !== SCOPES) return skip();
        if (field === 2 && frame.level === 'entry')
          return text((s) => {
            frame.entry!.value = s;
          });
        return skip();
    }
  }

  /** A packed list of varints, read at once. */
  #packed(range: Range, keep: (value: number) => void): boolean {
    const end = range.offset + range.length;
    if (range.length > MAX_LIST * 10) damaged(message('hub.onnxHas.longList', { bytes: range.length }));
    if (end > this.#available) return false;
    this.#stack.push({ level: 'entry', end });
    while (this.#position < end) keep(this.#varint()!);
    this.#stack.pop();
    return true;
  }

  /** The message on top is complete. */
  #close(): void {
    const frame = this.#stack.pop()!;
    const parent = this.#top();
    if (frame.level === 'tensor') {
      const tensor = frame.tensor!;
      if (parent.level === 'attribute') parent.attribute!.tensor = tensor;
      else this.#addTensor(tensor);
    } else if (frame.level === 'entry' && parent.level === 'node') {
      const { key, value } = frame.entry!;
      if (key === SCOPES) parent.node!.scopes = value;
    } else if (frame.level === 'entry') {
      const external = (parent.tensor!.external ??= new Map());
      if (external.size >= 16) damaged(message('hub.onnxHas.manyEntries'));
      external.set(frame.entry!.key, frame.entry!.value);
    } else if (frame.level === 'attribute') {
      const { name, value, at, tensor } = frame.attribute!;
      const node = parent.node!;
      if (at && name === 'accuracy_level') pushBounded(this.#accuracyLevels, at, MAX_NODES, 'values');
      if (value !== undefined) node.attributes.set(name, value);
      // A constant's tensor takes the name of the node's output, which may follow later: kept until the node ends.
      if (tensor && name === 'value') parent.tensor = tensor;
    } else if (frame.level === 'node') {
      const node = frame.node!;
      if (node.op === '') damaged(message('hub.onnxHas.noOperator'));
      if (node.op === 'Constant' && frame.tensor && node.outputs.length === 1) {
        this.#addTensor({ ...frame.tensor, name: node.outputs[0] });
      } else {
        this.#nodes.push(node);
        this.#hooks.onNode?.(node);
      }
    } else if (frame.level === 'value-info') {
      pushBounded(parent.branchOf?.branch ?? this.#outputs, frame.entry!.key, MAX_LIST, 'outputs');
    }
  }

  #addTensor(tensor: OnnxTensor): void {
    if (this.#tensors.size >= MAX_TENSORS) damaged(message('hub.onnxHas.manyTensors', { most: MAX_TENSORS }));
    if (this.#tensors.has(tensor.name)) damaged(message('hub.onnxHas.twiceNamed', { tensor: tensor.name }));
    this.#tensors.set(tensor.name, tensor);
  }
}

function emptyTensor(): OnnxTensor {
  return { name: '', dims: [], dataType: 0, raw: null, typed: null, external: null };
}

function pushBounded<T>(
  list: T[],
  value: T,
  most: number,
  what: 'dimensions' | 'values' | 'inputs' | 'outputs' | 'pieces',
): T[] {
  if (list.length >= most) damaged(message('hub.onnxHas.manyIn', { most, what }));
  list.push(value);
  return list;
}
