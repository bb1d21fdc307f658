/** Every reader of what comes from elsewhere, with honest files of its kind to start from. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { gzipSync } from 'node:zlib';
import { parseFile } from '../src/data/parse';
import { openSources } from '../src/data/parse/source';
import { pictureHead } from '../src/data/pictures/head';
import { readPicture } from '../src/data/pictures/patches';
import { pictureTable, picturesAmong } from '../src/data/pictures/table';
import { readModel } from '../src/hub/family';
import { readGguf } from '../src/hub/gguf/container';
import { inMemory } from '../src/hub/byteFile';
import { configOf } from '../src/hub/gguf/config';
import { ggufWeights } from '../src/hub/gguf/model';
import { tokenizerOf } from '../src/hub/gguf/tokenizer';
import { readTensor } from '../src/hub/gguf/types';
import { valuesElsewhere } from '../src/hub/onnx/edit';
import { OnnxParser } from '../src/hub/onnx/parser';
import { graphParts, partEnds } from '../src/hub/onnx/parts';
import { checkQuantised, quantisedOf, readQuantised } from '../src/hub/onnx/quantised';
import { DataType } from '../src/hub/onnx/model';
import { readSafetensors, writeSafetensors } from '../src/hub/safetensors';
import { gguf } from '../src/hub/testing/gguf';
import * as onnx from '../src/hub/testing/protobuf';
import { createTokenizer } from '../src/hub/tokenizer';
import { shardsOf } from '../src/hub/model';
import { safetensorsWeights } from '../src/hub/safetensorsModel';
import { checkNode, externalFiles, resolveWeights } from '../src/hub/weights';
import { MetricLog } from '../src/store/metricLog';
import { readRunParts, runFiles } from '../src/store/runFile';
import { unzipAdapter } from '../src/store/zip';
import { weightShapes } from '../src/shared/model';
import type { PictureFormat } from '../src/shared/types';
import { readAdapter } from '../src/train/readAdapter';
import pictureFixture from '../python/fixtures/pictures.json';

export interface Reader {
  seeds: Uint8Array[];
  /** Whether the reader is given nothing but JSON. */
  json?: true;
  /** Reads one input; whatever it throws must be a `SieveError`. */
  read(bytes: Uint8Array): unknown;
}

const NANO = 'public/models/sieve-stories-nano';
const FILES = 'src/data/testing/files';
const text = (value: string) => new TextEncoder().encode(value);
const file = (...path: string[]) => new Uint8Array(readFileSync(join(...path)));
/**
 * A file in memory, read at once: Node's own asks another thread for every part, and on a busy machine waits for it.
 */
function blob(bytes: Uint8Array): Blob {
  const copy = () => Promise.resolve(bytes.slice() as Uint8Array<ArrayBuffer>);
  return {
    size: bytes.length,
    type: '',
    slice: (from = 0, to = bytes.length) => blob(bytes.subarray(from, to)),
    arrayBuffer: async () => (await copy()).buffer,
    bytes: copy,
    text: async () => new TextDecoder().decode(bytes),
    stream: () => new Response(bytes as Uint8Array<ArrayBuffer>).body!,
  };
}

export const json = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // `fetchJson` has words for it
  }
};

// Small ones: more inputs a second, and more of each is damaged.
const csv = file('public/datasets/feelings/feelings.csv').subarray(0, 1200);
const jsonl = file('public/datasets/ships-log/ships-log.jsonl').subarray(0, 1800);
const chats = text(
  JSON.stringify(
    Array.from({ length: 6 }, (_, i) => ({
      messages: [
        { role: 'user', content: `q${i} é😀` },
        { role: 'assistant', content: null, n: [1, 2.5] },
      ],
    })),
  ),
);
const table = (name: string, ...seeds: Uint8Array[]): Reader => ({
  seeds,
  read: (bytes) => parseFile(name, blob(bytes)),
});

/** A small one: the whole of it would be spent on its table. */
function smallTokenizer(): Uint8Array {
  const whole = json(file(NANO, 'tokenizer.json')) as { model: { vocab: Record<string, number>; merges: string[][] } };
  const vocab = Object.fromEntries(Object.entries(whole.model.vocab).filter(([, id]) => id < 300));
  const merges = whole.model.merges.slice(0, 20).filter((m) => m.join('') in vocab);
  return text(
    JSON.stringify([{ ...whole, model: { ...whole.model, vocab, merges } }, json(file(NANO, 'tokenizer_config.json'))]),
  );
}

/** A product and a table of quantised weights, with zero points and without. */
function quantisedGraph(zeros: boolean): Uint8Array {
  const filled = (name: string, dims: number[], type: number, bytes: number) =>
    onnx.tensor(name, dims, type, onnx.raw(new Uint8Array(bytes).fill(0x3c)));
  const { UINT8, FLOAT16 } = DataType;
  const inputs = (...names: string[]) => (zeros ? [...names, 'zeros'] : names);
  return onnx.model({
    nodes: [
      onnx.node(
        'MatMulNBits',
        { name: 'product', inputs: inputs('x', 'weight', 'scales'), outputs: ['y'] },
        ...Object.entries({ N: 4, K: 64, bits: 4, block_size: 32, accuracy_level: 4 }).map(([name, value]) =>
          onnx.intAttribute(name, value),
        ),
      ),
      onnx.node(
        'GatherBlockQuantized',
        { name: 'table', inputs: inputs('weight2', 'ids', 'scales'), outputs: ['z'] },
        onnx.intAttribute('bits', 4),
        onnx.intAttribute('block_size', 32),
      ),
    ],
    tensors: [
      filled('weight', [4, 2, 16], UINT8, 128),
      filled('weight2', [4, 32], UINT8, 128),
      filled('scales', [4, 2], FLOAT16, 16),
      filled('zeros', [4, 1], UINT8, 4),
    ],
  });
}

/** The model of which `smallGguf` has the weights. */
const SMALL = readModel({
  model_type: 'llama',
  hidden_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 32,
  vocab_size: 16,
  tie_word_embeddings: true,
});

/** Of a large file nearly all damage would be in values, of which each is as good as any. */
const smallWeights = () =>
  writeSafetensors(
    weightShapes(SMALL).map(({ name, shape }) => ({
      name,
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5),
    })),
  );

/** A tensor of each quantised type, and a tokenizer of the kind. */
function smallGguf(kind: 'gpt2' | 'llama'): Uint8Array {
  const tokens = ['<unk>', '<s>', ...'Then said: 12'.split(''), 'Ġ', 'Th', 'he', 'The', '▁', '▁s', ...bytePieces()];
  const bytes = { 2: 18, 3: 20, 6: 22, 7: 24, 8: 34, 12: 144, 13: 176, 14: 210, 0: 4, 1: 2, 30: 2 };
  const typed = Object.entries(bytes).map(([type, size]) => {
    const values = size > 100 ? 256 : size > 10 ? 32 : 1;
    return { name: `t${type}`, shape: [2, values], type: Number(type), bytes: new Uint8Array(2 * size).fill(0x35) };
  });
  const { vocab } = SMALL;
  const matrix = (name: string, rows = 32) => ({
    name: `${name}.weight`,
    shape: [rows, 32],
    type: 2,
    bytes: new Uint8Array(rows * 18).fill(0x35),
  });
  const norm = (name: string) => ({ name: `${name}.weight`, shape: [32], type: 0, bytes: new Uint8Array(128) });
  const inLayer = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
  const model = [
    matrix('token_embd', vocab),
    norm('output_norm'),
    ...['attn_norm', 'ffn_norm'].map((name) => norm(`blk.0.${name}`)),
    ...inLayer.map((name) => matrix(`blk.0.${name}`)),
  ];
  return gguf(
    {
      'general.architecture': 'llama',
      'general.alignment': 32,
      'llama.block_count': 1,
      'llama.attention.head_count': 2,
      'tokenizer.ggml.model': kind,
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': tokens.map((_, i) => (i === 0 ? 2 : i === 1 ? 3 : 1)),
      'tokenizer.ggml.scores': tokens.map((_, i) => -i - 0.5),
      'tokenizer.ggml.merges': ['T h', 'h e', 'Th e'],
      'tokenizer.ggml.bos_token_id': 1,
      'tokenizer.ggml.unknown_token_id': 0,
      'tokenizer.ggml.add_bos_token': true,
      'tokenizer.chat_template': '{{ messages }}',
    },
    [...typed, ...model],
  );
}

/** What SentencePiece has for single bytes. */
const bytePieces = () => Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`);

const model = readModel(json(file(NANO, 'config.json')));
const BERT = 'python/fixtures/families/bert';
const classifier = readModel(json(file(BERT, 'config.json')));

const [query] = model.layers[0].attention.input.linears;

/** One that is read, or the same behind a gate. */
function adapter(gated = false): Record<string, Uint8Array> {
  const tau = 'base_model.model.model.layers.0.self_attn.q_proj.lora_tau';
  const of = (matrix: 'A' | 'B', shape: [number, number]) => ({
    name: `base_model.model.model.layers.0.self_attn.q_proj.lora_${matrix}.weight`,
    shape,
    data: new Float32Array(shape[0] * shape[1]).fill(0.5),
  });
  return {
    'adapter_config.json': text(
      `{"peft_type":"${gated ? 'TS_LORA' : 'LORA'}","r":2,"lora_alpha":4,"target_modules":["q_proj"],"layers_to_transform":[0],"layers_pattern":"layers","exclude_modules":null,"bias":"none","init_lora_weights":true,"use_rslora":false,"rank_pattern":{}}`,
    ),
    'adapter_model.safetensors': writeSafetensors([
      of('A', [2, query.dIn]),
      of('B', [query.dOut, 2]),
      ...(gated ? [{ name: tau, shape: [], data: Float32Array.of(0.25) }] : []),
    ]),
    'check.json': text(
      JSON.stringify({
        format: 'sieve-check',
        version: 2,
        model: 'nano',
        ids: [0, 5, 9],
        width: 3,
        rows: [{ row: 2, top: { tokens: [2, 0, 1], logits: [3, 2.5, -1] }, checksum: 0.75 }],
      }),
    ),
  };
}

const parts = adapter();
const gatedParts = adapter(true);
const metricLog = new MetricLog('base');
metricLog.addEval({ type: 'eval', runId: 'base', step: 0, loss: 5.5, examples: 4, supervised: 9, gate: null });
for (const step of [0, 4])
  metricLog.addWatch({
    type: 'watch',
    runId: 'base',
    step,
    tokens: ['a', ' b'],
    modules: [{ layer: 0, kind: 'q_proj' }],
    active: Uint8Array.of(1, step ? 0 : 1),
    ratio: Float32Array.of(0.25, step),
    tau: Float32Array.of(0.5),
  });
const filesOf = (files: Record<string, Uint8Array>) => Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
const run = Object.fromEntries(
  runFiles([metricLog.snapshot()], { lora: Object.entries(parts).map(([name, bytes]) => ({ name, bytes })) }).map(
    (f) => [f.name, f.bytes],
  ),
);

/** Small ones, of each format. */
const pictures = pictureFixture.encoded.map(({ bytes }) => new Uint8Array(Buffer.from(bytes, 'base64')));
const pets = Object.fromEntries(pictures.map((bytes, i) => [`pets/${i % 2 ? 'cat' : 'dog'}/${i}.png`, bytes]));
const PATCHES: PictureFormat = { side: 2, patch: 4, scale: [1, 1, 1], shift: [0, 0, 0], resample: 2 };

/** Node decodes no pictures: grey ones of the size that the head says, as long as they are small. */
const grey = (file: Uint8Array) => {
  const { width, height } = pictureHead(file)!;
  if (width * height > 1e6) return Promise.reject(new Error('too large to be played'));
  return Promise.resolve({ width, height, values: new Uint8Array(3 * width * height).fill(128) });
};

export const READERS: Record<string, Reader> = {
  csv: table('a.csv', csv),
  tsv: table('a.tsv', text(new TextDecoder().decode(csv).replaceAll(',', '\t'))),
  jsonl: table('a.jsonl', jsonl),
  json: table('a.json', chats),
  txt: table('a.txt', csv),
  gzip: table('a.csv.gz', gzipSync(csv)),
  zip: table('a.zip', zipSync({ 'a.csv': csv, 'b.jsonl': jsonl })),
  parquet: table(
    'a.parquet',
    ...readdirSync(FILES)
      .filter((name) => name.endsWith('.parquet'))
      .map((name) => file(FILES, name)),
  ),
  config: { seeds: [file(NANO, 'config.json')], json: true, read: (bytes) => readModel(json(bytes)) },
  tokenizer: {
    seeds: [smallTokenizer()],
    json: true,
    read: async (bytes) => {
      const given = json(bytes);
      const [tokenizer, config] = Array.isArray(given) ? given : [given, {}];
      const made = await createTokenizer(tokenizer, config);
      made.pieces(made.encode('The hen said: 12 é'));
      made.decode(made.encodeDressed('a <|endoftext|> b'));
    },
  },
  safetensors: {
    seeds: [parts['adapter_model.safetensors']],
    read: (bytes) => {
      const f = readSafetensors(bytes);
      for (const name of f.names) f.get(name);
    },
  },
  baseWeights: {
    seeds: [smallWeights()],
    read: (bytes) => {
      const weights = safetensorsWeights(new Map([['model.safetensors', inMemory(bytes)]]), SMALL);
      weights.get('model.norm.weight');
      weights.stored('model.embed_tokens.weight', { first: 12, count: 4 });
    },
  },
  shardIndex: {
    seeds: [text('{"metadata":{"total_size":8},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}')],
    read: shardsOf,
  },
  onnx: {
    // The graph without most of its weights, and the whole.
    seeds: [file(NANO, 'onnx/model.onnx').subarray(0, 60_000), file(NANO, 'onnx/model.onnx')],
    read: (bytes) => {
      const parser = new OnnxParser({ onNode: checkNode(model) });
      parser.advance(bytes, Math.floor(bytes.length / 2));
      const graph = parser.finish(bytes);
      externalFiles(graph);
      resolveWeights(graph, model).get('model.norm.weight');
    },
  },
  onnxQuantised: {
    seeds: [quantisedGraph(false), quantisedGraph(true)],
    read: (bytes) => {
      const graph = new OnnxParser().finish(bytes);
      const none = () => new Uint8Array();
      for (const one of graph.nodes) {
        const q = quantisedOf(one, graph);
        if (!q) continue;
        checkQuantised(q, bytes.length, none);
        readQuantised(q, bytes, none);
        readQuantised(q, bytes, none, { first: q.rows >> 1, count: q.rows - (q.rows >> 1) });
      }
    },
  },
  onnxClasses: {
    seeds: [file(BERT, 'model.onnx'), file(BERT, 'model.onnx').subarray(0, 30_000)],
    read: (bytes) => {
      const parser = new OnnxParser({ onNode: checkNode(classifier) });
      const graph = parser.finish(bytes);
      resolveWeights(graph, classifier).get('classifier.weight');
    },
  },
  onnxParts: {
    seeds: [valuesElsewhere(file(NANO, 'onnx/model.onnx'), 'values')!],
    read: (bytes) => {
      const graph = new OnnxParser().finish(bytes);
      for (const part of graphParts(bytes, partEnds(graph, model), 'logits') ?? []) part.file(() => 'float32');
    },
  },
  gguf: {
    seeds: [smallGguf('gpt2'), smallGguf('llama')],
    read: async (bytes) => {
      const read = readGguf(bytes);
      for (const tensor of read.tensors.values()) readTensor(tensor, inMemory(bytes));
      // Those of every type, t0 to t30, are not the model's.
      const tensors = new Map([...read.tensors].filter(([name]) => !/^t\d/.test(name)));
      const weights = ggufWeights({ ...read, tensors }, inMemory(bytes), SMALL);
      weights.get('model.layers.0.self_attn.q_proj.weight');
      weights.stored('model.embed_tokens.weight', { first: 1, count: 3 });
      const { json: tokenizer, config } = tokenizerOf(read);
      const made = await createTokenizer(tokenizer, config);
      made.decode(made.encode('The hen said: 12 é'));
      configOf(read);
    },
  },
  adapter: {
    seeds: [zipSync(gatedParts), zipSync(parts, { level: 0 })],
    read: async (bytes) => {
      readAdapter(await unzipAdapter(blob(bytes)), model, 'x');
    },
  },
  pictures: {
    seeds: [zipSync(pets), zipSync(pets, { level: 0 })],
    read: async (bytes) => {
      const table = pictureTable(picturesAmong(await openSources([{ path: 'pets.zip', file: blob(bytes) }])));
      for (let i = 0; i < table.paths.length; i++) await table.file(i);
    },
  },
  // What lies in them: a checksum keeps damage of the zip from getting so far.
  picture: {
    seeds: pictures,
    read: (bytes) => readPicture(bytes.slice(), 'a.png', { format: PATCHES, decode: grey }),
  },
  run: { seeds: [zipSync(run), zipSync(run, { level: 0 })], read: (bytes) => readRunParts(blob(bytes)) },
  // What lies in them: a checksum keeps damage of the zip from getting so far.
  adapterConfig: {
    seeds: [parts['adapter_config.json']],
    read: (bytes) => readAdapter(filesOf({ ...parts, 'adapter_config.json': bytes }), model, 'x'),
  },
  adapterWeights: {
    seeds: [gatedParts['adapter_model.safetensors']],
    read: (bytes) => readAdapter(filesOf({ ...gatedParts, 'adapter_model.safetensors': bytes }), model, 'x'),
  },
  adapterCheck: {
    seeds: [parts['check.json']],
    read: (bytes) => readAdapter(filesOf({ ...parts, 'check.json': bytes }), model, 'x'),
  },
  metricLog: {
    seeds: [run['metrics.json']],
    read: (bytes) => readRunParts(blob(zipSync({ ...run, 'metrics.json': bytes }, { level: 0 }))),
  },
};

/** Inputs that were a fault once: fuzz/corpus/<reader>/. */
export function corpus(reader: string): Uint8Array[] {
  const folder = join('fuzz', 'corpus', reader);
  return existsSync(folder) ? readdirSync(folder).map((name) => file(folder, name)) : [];
}
