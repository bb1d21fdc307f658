/**
 * A model's logits by ONNX Runtime, from the bytes of its .onnx file. The wasm binary is served by the app itself and
 * runs on one thread, so no COOP/COEP headers and no CDN are needed. It computes on the CPU, whatever Sieve computes
 * on: a GPU that is wrong should not be proved by itself.
 */
import type * as Runtime from 'onnxruntime-web/wasm';
import type { InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import type { ClassHead } from '../shared/model';
import type { Sequence } from '../shared/types';
import { classLogits } from './plainForward';
import { concatenated, f16ToF32 } from './floats';
import { valuesElsewhere } from './onnx/edit';
import { graphParts, outputOf } from './onnx/parts';
import { appBase } from './source';

/** A head with classes that the graph ends before. */
export interface HeadOver {
  /** The output that it reads. */
  states: string;
  head: ClassHead;
  /** Its values, by their names in the state dict. */
  weights: ReadonlyMap<string, Float32Array>;
}

export interface OnnxReference {
  kind: 'onnx';
  /** What the .onnx file is called in messages. */
  file: string;
  bytes: Uint8Array;
  /** Data files beside it, by the name the graph uses. */
  external: Map<string, Uint8Array>;
  /** Whether it computes in f16. */
  half: boolean;
  /** Numbers of a head, for caches whose width the graph leaves open. */
  headDim: number;
  /** Where the graph ends with hidden states. */
  head?: HeadOver | null;
  /** Values of the graph behind which a part of it ends (`partEnds`); none: it is run as a whole. */
  ends: readonly string[];
}

/** Of what ONNX Runtime logs; that a value was left as it is would be a warning. */
const ERRORS = 3;
/**
 * It runs once: weights that are packed for speed, transposed, or made f32 where they are f16, before they are asked
 * for, would only take their memory again (SmolLM2-135M in fp16: 797 MiB, without 524).
 */
const ONCE = {
  session: { disable_prepacking: '1' },
  optimization: {
    constant_folding_max_output_size_in_bytes: String(2 ** 20),
    disable_specified_optimizers: 'FuseFp16InitializerToFp32NodeTransformer',
  },
};

/**
 * Logits at every position of all sequences, row-major, or of a head with classes those of each sequence.
 * @throws {ModelError} when ONNX Runtime cannot load or run the model, or has no memory for it
 */
export async function onnxLogits(
  model: OnnxReference,
  sequences: readonly Sequence[],
): Promise<{ data: Float32Array; vocab: number }> {
  const runtime = await import('onnxruntime-web/wasm');
  const { wasm } = runtime.env;
  wasm.numThreads = 1;
  wasm.proxy = false;
  // Only the binary's address: its JavaScript half is part of the bundle.
  wasm.wasmPaths = { wasm: new URL(wasmUrl, appBase()).href };
  let logits: Tensor[];
  try {
    logits = await runParts(runtime, model, sequences);
  } catch (error) {
    throw explain(error, model);
  }
  logits.forEach(({ dims }, i) => {
    const { length } = sequences[i].ids;
    if (dims.length > 2 && dims[1] !== length)
      throw new ModelError(message('hub.model.logits', { tokens: dims[1], of: length }));
  });
  const values = logits.map(({ data }) => toF32(data as ArrayBufferView));
  const width = logits[0].dims.at(-1)!;
  if (!model.head) return { data: concatenated(values), vocab: width };
  const { head, weights } = model.head;
  const classes = values.map((states) => classLogits(head, rowsOf(states, width), (name) => weights.get(name)!));
  return { data: concatenated(classes), vocab: head.labels.length };
}

const rowsOf = (states: Float32Array, width: number): Float64Array[] =>
  Array.from({ length: states.length / width }, (_, t) =>
    Float64Array.from(states.subarray(t * width, (t + 1) * width)),
  );

/** Runs the graph, part by part where it has `ends`: what it has of one is gone before the next is there. */
async function runParts(
  runtime: typeof Runtime,
  model: OnnxReference,
  sequences: readonly Sequence[],
): Promise<Tensor[]> {
  // Read from there each value is in its memory once; from bytes that it is given as a whole, three times on the way.
  const itself = freshName(model.external);
  const graph = valuesElsewhere(model.bytes, itself);
  const external = [...model.external, ...(graph ? [[itself, model.bytes] as const] : [])];
  const asked = model.head?.states ?? 'logits';
  const parts = graph && model.ends.length > 0 ? graphParts(graph, model.ends, asked) : null;
  const made = sequences.map((): Record<string, Tensor> => ({}));
  const start = async (file: Uint8Array) =>
    runtime.InferenceSession.create(file, {
      executionProviders: ['wasm'],
      externalData: external.map(([path, data]) => ({ path, data })),
      logSeverityLevel: ERRORS,
      extra: ONCE,
    });
  const run = async (session: InferenceSession, outputs: readonly string[]) => {
    for (const [i, { ids }] of sequences.entries())
      Object.assign(made[i], await session.run(feeds(runtime, session, model, { ids, made: made[i] }), outputs));
  };
  if (!parts) {
    const session = await start(graph ?? model.bytes);
    const output = outputOf(session.outputNames, asked);
    await run(session, [output]);
    return made.map((values) => values[output]);
  }
  for (const part of parts) {
    const session = await start(part.file((value) => made[0][value]?.type));
    await run(session, part.outputs);
    await session.release();
  }
  return made.map((values) => values[parts.at(-1)!.outputs[0]]);
}

/** What no data file of the model is called. */
function freshName(external: ReadonlyMap<string, unknown>): string {
  let name = 'values';
  while (external.has(name)) name += '_';
  return name;
}

/**
 * A value for every input that no part has made: the tokens, all attended to, at the beginning of a text. What is
 * cached is empty.
 */
function feeds(
  { Tensor }: typeof Runtime,
  session: InferenceSession,
  { headDim }: OnnxReference,
  { ids, made }: { ids: Int32Array; made: Readonly<Record<string, Tensor>> },
): InferenceSession.FeedsType {
  const dims = [1, ids.length];
  const long = (values: Iterable<number>, shape: readonly number[]) =>
    new Tensor('int64', BigInt64Array.from(values, BigInt), shape);
  const value = (input: InferenceSession.ValueMetadata): Tensor => {
    if (!input.isTensor) throw new Error(`input ${input.name} is no tensor`);
    switch (input.name) {
      case 'input_ids':
        return long(ids, dims);
      case 'attention_mask':
        return long(
          ids.map(() => 1),
          dims,
        );
      case 'token_type_ids':
        return long(
          ids.map(() => 0),
          dims,
        );
      case 'position_ids':
        return long(ids.keys(), dims);
    }
    // One text, nothing before it. A cache is [texts, heads, tokens, headDim].
    const open = [1, 0, 0, headDim];
    const shape = input.shape.map((size, axis) => (typeof size === 'number' ? size : (open[axis] ?? 0)));
    const values = shape.reduce((all, size) => all * size, 1);
    switch (input.type) {
      case 'float32':
        return new Tensor('float32', new Float32Array(values), shape);
      case 'float16':
        return new Tensor('float16', new Uint16Array(values), shape);
      case 'int64':
        return long(new Uint8Array(values), shape);
      case 'bool':
        return new Tensor('bool', new Uint8Array(values), shape);
      default:
        throw new Error(`input ${input.name} is of type ${input.type}`);
    }
  };
  return Object.fromEntries(session.inputMetadata.map((input) => [input.name, made[input.name] ?? value(input)]));
}

/** f16 logits come as a Float16Array where the browser has one, else as bit patterns. */
function toF32(data: ArrayBufferView): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return f16ToF32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return Float32Array.from(data as unknown as ArrayLike<number>);
}

/** What says that memory ran out: C++'s and Emscripten's words, V8's, and a C++ exception that nobody named. */
const NO_MEMORY = /bad_alloc|out of memory|\bOOM\b|alloc|memory access|^\d+$/i;

function explain(error: unknown, { file, bytes, external }: OnnxReference): ModelError {
  const why = (error instanceof Error ? error.message : String(error)).split('\n')[0].slice(0, 200);
  if (!NO_MEMORY.test(why)) return new ModelError(message('hub.model.runtime', { file, why }));
  const size = [bytes, ...external.values()].reduce((sum, b) => sum + b.byteLength, 0);
  return new ModelError(message('hub.model.runtimeMemory', { file, mib: Math.round(size / 2 ** 20) }));
}
