import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../shared/errors';
import { type LayerDescription, type VocabularyHead, allModules, weightShapes } from '../shared/model';
import { dequantise } from '../shared/quantised';
import { Rng } from '../shared/rng';
import type { QuantisedBlocks } from '../shared/types';
import { readModel } from './family';
import { OnnxParser } from './onnx/parser';
import { readSafetensors } from './safetensors';
import {
  external,
  f32le,
  graphAttribute,
  graphParts,
  intAttribute,
  intsAttribute,
  metadata,
  model,
  node,
  raw,
  tensor,
  u16le,
} from './testing/protobuf';
import { expectSameRows } from './testing/rows';
import { checkNode, externalFiles, resolveWeights } from './weights';

/** Parses in chunks, as a download delivers them. @param of the model that the file is of */
function parse(bytes: Uint8Array, chunk = 65_536, of = TINY) {
  const parser = new OnnxParser({ onNode: checkNode(of) });
  for (let n = chunk; n < bytes.length; n += chunk) parser.advance(bytes, n);
  return parser.finish(bytes);
}

describe.each(['sieve-stories-nano', 'sieve-stories-4m'])('%s', (id) => {
  const folder = `public/models/${id}`;
  it('reads the same weights from the ONNX file as the safetensors file holds', () => {
    const config = readModel(JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')));
    const weights = resolveWeights(parse(readFileSync(`${folder}/onnx/model.onnx`)), config);
    const truth = readSafetensors(readFileSync(`${folder}/model.safetensors`));
    expect(config.head).toMatchObject({ tied: true });
    for (const { name } of weightShapes(config)) {
      const ours = weights.get(name);
      const theirs = truth.get(name);
      expect(ours.shape, name).toEqual(theirs.shape);
      let different = 0;
      for (let i = 0; i < ours.data.length; i++) if (ours.data[i] !== theirs.data[i]) different++;
      expect(different, name).toBe(0);
    }
    weights.release();
    expect(() => weights.get('model.embed_tokens.weight')).toThrow(ModelError);
  });
});

const genai = '../shared/models/tiny-random-onnx-genai/tiny-random-LlamaForCausalLM-fp16';
describe('a Llama of the genai builder', () => {
  it.skipIf(!existsSync(genai))(`fp16 with external data, contrib ops (skipped without ${genai})`, () => {
    const config = readModel({
      model_type: 'llama',
      hidden_size: 16,
      num_hidden_layers: 2,
      num_attention_heads: 1,
      intermediate_size: 64,
      vocab_size: 32000,
      head_dim: 16,
    });
    const graph = parse(readFileSync(`${genai}/model.onnx`), 97);
    expect(externalFiles(graph)).toEqual(['model.onnx.data']);
    const data = readFileSync(`${genai}/model.onnx.data`);
    const weights = resolveWeights(graph, config, () => data);
    for (const { name, shape: wanted } of weightShapes(config)) {
      const { data: values, shape } = weights.get(name);
      expect(shape).toEqual(wanted);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values.some((v) => v !== 0)).toBe(true);
    }
    // An independent reading of one transposed fp16 value: down_proj is [64, 16] in the file; W[3, 5] = stored[5, 3].
    const place = graph.tensors.get('model.layers.1.mlp.down_proj.MatMul.weight')!.external!;
    const bits = data.readUInt16LE(Number(place.get('offset')) + (5 * 16 + 3) * 2);
    const value = (bits & 0x8000 ? -1 : 1) * (1 + (bits & 1023) / 1024) * 2 ** (((bits >> 10) & 31) - 15);
    expect(weights.get('model.layers.1.mlp.down_proj.weight').data[3 * 64 + 5]).toBe(value);
  });

  const gpt2 = '../shared/models/tiny-random-onnx-genai/tiny-random-gpt2-fp32/past.onnx';
  it.skipIf(!existsSync(gpt2))(`another architecture's graph is refused (skipped without ${gpt2})`, () => {
    expect(() => resolveWeights(parse(readFileSync(gpt2)), TINY)).toThrow(/embed/);
  });
});

const CONFIG = {
  model_type: 'llama',
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  intermediate_size: 8,
  vocab_size: 6,
};
const TINY = readModel(CONFIG);

const SHAPES = weightShapes(TINY);
const MODULES = new Map(allModules(TINY).map((m) => [m.kind, m]));
const NORMS = {
  input: 'model.layers.0.input_layernorm.weight',
  post: 'model.layers.0.post_attention_layernorm.weight',
};

/** Values of a weight as the tests expect them: row-major [out, in], every one different. */
function values(name: string): number[] {
  const at = SHAPES.findIndex((w) => w.name === name);
  const [rows, columns = 1] = SHAPES[at].shape;
  return Array.from({ length: rows * columns }, (_, i) => at * 100 + i);
}

function inOut(name: string): number[] {
  const [rows, columns = 1] = SHAPES.find((w) => w.name === name)!.shape;
  const v = values(name);
  return Array.from({ length: rows * columns }, (_, i) => v[(i % rows) * columns + Math.floor(i / rows)]);
}

interface Variant {
  packed?: boolean;
  stored?: 'matmul' | 'transpose' | 'gemm';
  tiedHead?: boolean;
  /** The embedding is the transposed head, as in the newest genai builder's files. */
  embeddingOfHead?: boolean;
  /** Nodes have no names, but the paths of their modules in their metadata, as torch.onnx.export writes them. */
  scopes?: boolean;
}

/** Modules around a node by its name `/model/norm/Mul_1`. */
const scopesOf = (name: string) => {
  const parts = name.split('/').slice(1, -1);
  return `['${parts.map((_, i) => parts.slice(0, i + 1).join('.')).join("', '")}', 'aten']`;
};

/** A tiny Llama graph (weights and the nodes that use them) in one of the ways exporters store it. */
function tinyGraph({
  packed = false,
  stored = 'matmul',
  tiedHead = false,
  embeddingOfHead = false,
  scopes = false,
}: Variant = {}) {
  const made: typeof node = (op, parts, ...attributes) =>
    scopes
      ? [
          ...node(op, { ...parts, name: '' }, ...attributes),
          ...metadata('pkg.torch.onnx.stack_trace', 'x'.repeat(9000)),
          ...metadata('pkg.torch.onnx.name_scopes', scopesOf(parts.name ?? '')),
        ]
      : node(op, parts, ...attributes);
  const nodes: number[][] = [
    ...(embeddingOfHead ? [made('Transpose', { inputs: ['H'], outputs: ['E'] }, intsAttribute('perm', [1, 0]))] : []),
    made('Gather', { name: '/model/embed_tokens/Gather', inputs: ['E', 'input_ids'], outputs: ['h0'] }),
  ];
  const tensors: number[][] = embeddingOfHead
    ? []
    : [tensor('E', [6, 4], 1, raw(f32le(...values('model.embed_tokens.weight'))))];
  const norm = (slot: 'input' | 'post', path: string) => {
    nodes.push(
      made('SimplifiedLayerNormalization', {
        name: `/model/layers.0/${path}/LayerNorm`,
        inputs: ['x', `${slot}Norm`],
        outputs: [`${slot}_out`],
      }),
    );
    tensors.push(tensor(`${slot}Norm`, [4], 1, raw(f32le(...values(NORMS[slot])))));
  };
  const linear = (kind: string) => {
    const { path: name, dIn: i, dOut: o } = MODULES.get(`${kind}_proj`)!;
    const path = `/${name.replaceAll('.', '/').replace('layers/', 'layers.')}`;
    const weight = `${name}.weight`;
    if (stored === 'matmul') {
      nodes.push(made('MatMul', { name: `${path}/MatMul`, inputs: ['x', `onnx::${kind}`], outputs: [`${kind}_out`] }));
      tensors.push(tensor(`onnx::${kind}`, [i, o], 1, raw(f32le(...inOut(weight)))));
    } else if (stored === 'gemm') {
      nodes.push(
        made(
          'Gemm',
          { name: `${path}/Gemm`, inputs: ['x', `onnx::${kind}`], outputs: [`${kind}_out`] },
          intAttribute('transB', 1),
        ),
      );
      tensors.push(tensor(`onnx::${kind}`, [o, i], 1, raw(f32le(...values(weight)))));
    } else {
      nodes.push(
        made('Cast', { inputs: [`onnx::${kind}`], outputs: [`${kind}_cast`] }),
        made('Transpose', { inputs: [`${kind}_cast`], outputs: [`${kind}_t`] }, intsAttribute('perm', [1, 0])),
      );
      nodes.push(made('MatMul', { name: `${path}/MatMul`, inputs: ['x', `${kind}_t`], outputs: [`${kind}_out`] }));
      tensors.push(tensor(`onnx::${kind}`, [o, i], 1, raw(f32le(...values(weight)))));
    }
  };
  norm('input', 'input_layernorm');
  if (packed) {
    const rows = ['q', 'k', 'v'].flatMap((kind) => values(`${MODULES.get(`${kind}_proj`)!.path}.weight`));
    const columns = Array.from({ length: 64 }, (_, i) => rows[(i % 16) * 4 + Math.floor(i / 16)]);
    nodes.push(made('MatMul', { name: '/model/layers.0/attn/qkv_proj/MatMul', inputs: ['x', 'W'], outputs: ['qkv'] }));
    tensors.push(tensor('W', [4, 16], 1, raw(f32le(...columns))));
  } else for (const kind of ['q', 'k', 'v'] as const) linear(kind);
  linear('o');
  norm('post', 'post_attention_layernorm');
  for (const kind of ['gate', 'up', 'down'] as const) linear(kind);
  nodes.push(made('Mul', { name: '/model/norm/Mul_1', inputs: ['N', 'x'], outputs: ['h1'] }));
  tensors.push(tensor('N', [4], 1, raw(f32le(...values('model.norm.weight')))));
  if (tiedHead)
    nodes.push(
      made('Transpose', { inputs: ['E'], outputs: ['Et'] }, intsAttribute('perm', [1, 0])),
      made('MatMul', { name: 'anything', inputs: ['h1', 'Et'], outputs: ['logits32'] }),
    );
  else {
    nodes.push(made('MatMul', { name: '/lm_head/MatMul', inputs: ['h1', 'H'], outputs: ['logits32'] }));
    tensors.push(tensor('H', [4, 6], 1, raw(f32le(...inOut('lm_head.weight')))));
  }
  nodes.push(made('Cast', { inputs: ['logits32'], outputs: ['logits'] }));
  return { nodes, tensors };
}

describe('the ways exporters store a linear layer', () => {
  const variants: [string, Variant][] = [
    ['MatMul with [in, out]', {}],
    ['Gemm with transB', { stored: 'gemm' }],
    ['Transpose behind a Cast', { stored: 'transpose' }],
    ['packed q, k, v', { packed: true }],
    ['head as the transposed embedding', { tiedHead: true }],
    ['embedding as the transposed head', { embeddingOfHead: true }],
    ['modules told by metadata', { scopes: true }],
  ];
  it.each(variants)('%s', (_, variant) => {
    for (const tensorsFirst of [false, true]) {
      const weights = resolveWeights(parse(model({ ...tinyGraph(variant), tensorsFirst }), 7), TINY);
      for (const { name } of SHAPES) {
        const wanted =
          name === 'lm_head.weight' && variant.tiedHead
            ? values('model.embed_tokens.weight')
            : name === 'model.embed_tokens.weight' && variant.embeddingOfHead
              ? values('lm_head.weight')
              : values(name);
        expect([...weights.get(name).data], name).toEqual(wanted);
      }
      expectSameRows(weights, TINY);
    }
  });

  it('a decoder that is merged of one with and one without earlier tokens', () => {
    const { nodes, tensors } = tinyGraph();
    const branch = (of: number[][]) => graphParts({ nodes: of });
    const merged = node(
      'If',
      { name: 'optimum::if', inputs: ['use_cache_branch'], outputs: ['logits'] },
      graphAttribute('then_branch', branch([node('Gather', { inputs: ['E', 'x'], outputs: ['y'] })])),
      graphAttribute('else_branch', branch(nodes)),
    );
    const weights = resolveWeights(parse(model({ nodes: [merged], tensors }), 7), TINY);
    for (const { name } of SHAPES) expect([...weights.get(name).data], name).toEqual(values(name));
    const nested = node('If', { outputs: ['logits'] }, graphAttribute('else_branch', branch([merged])));
    expect(() => resolveWeights(parse(model({ nodes: [nested], tensors }), 7), TINY)).toThrow(ModelError);
  });

  it('names a weight that is missing, misshapen or stored twice', () => {
    const { nodes, tensors } = tinyGraph();
    const without = nodes.filter((n) => !new TextDecoder().decode(new Uint8Array(n)).includes('up_proj'));
    expect(() => resolveWeights(parse(model({ nodes: without, tensors })), TINY)).toThrow(
      /recognised as model\.layers\.0\.mlp\.up_proj\.weight/,
    );
    expect(() =>
      resolveWeights(parse(model({ nodes, tensors })), readModel({ ...CONFIG, intermediate_size: 16 })),
    ).toThrow(/gate_proj\.weight is stored as \[4, 8\].*\[4, 16\]/);
    const twice = [
      ...nodes,
      node('MatMul', { name: '/model/layers.0/mlp/up_proj/MatMul_1', inputs: ['x', 'onnx::gate'], outputs: ['y'] }),
    ];
    expect(() => resolveWeights(parse(model({ nodes: twice, tensors })), TINY)).toThrow(/two weights/);
  });

  it('refuses what our forward does not compute', () => {
    const { nodes, tensors } = tinyGraph();
    const refuse = (extra: number[], pattern: RegExp) =>
      expect(() => parse(model({ nodes: [...nodes, extra], tensors }))).toThrow(pattern);
    refuse(node('MatMulBnb4', { name: 'x', inputs: ['a'], outputs: ['b'] }), /4-bit weights \(MatMulBnb4\)/);
    refuse(node('MatMulInteger', { name: 'x', inputs: ['a'], outputs: ['b'] }), /rounds activations to 8 bits/);
    refuse(node('DequantizeLinear', { name: 'x', inputs: ['a'], outputs: ['b'] }), /DequantizeLinear/);
    refuse(
      node('RotaryEmbedding', { name: 'x', inputs: ['a'], outputs: ['b'] }, intAttribute('interleaved', 1)),
      /interleaved/,
    );
    refuse(
      node('GroupQueryAttention', { name: 'x', inputs: ['a'], outputs: ['b'] }, intAttribute('local_window_size', 128)),
      /window/,
    );
    const [layer] = TINY.layers;
    const windowed = { ...TINY, layers: [{ ...layer, attention: { ...layer.attention, window: 128 } }] };
    for (const [size, refused] of [
      [128, false],
      [64, true],
    ] as const) {
      const attention = node('GroupQueryAttention', { outputs: ['b'] }, intAttribute('local_window_size', size));
      const read = () => parse(model({ nodes: [...nodes, attention], tensors }), 7, windowed);
      if (refused) expect(read).toThrow(/window/);
      else expect(read()).toBeDefined();
    }
    const biased = [
      ...nodes.slice(0, -1),
      node('Gemm', { name: '/model/layers.0/mlp/up_proj/Gemm', inputs: ['x', 'onnx::up', 'bias'], outputs: ['u'] }),
    ];
    expect(() => resolveWeights(parse(model({ nodes: biased, tensors })), TINY)).toThrow(/bias/);
  });
});

describe('tensor storage', () => {
  const config = TINY;
  const swap = (name: string, replacement: number[]) => {
    const { nodes, tensors } = tinyGraph();
    const id = new TextDecoder();
    return parse(
      model({ nodes, tensors: [...tensors.filter((t) => !id.decode(new Uint8Array(t)).includes(name)), replacement] }),
    );
  };
  const half = (v: number) => ({ 1: 0x3c00, '-2': 0xc000, 0.5: 0x3800, 65504: 0x7bff })[v]!;
  const four = [1, -2, 0.5, 65504];
  const bytesOf = (numbers: number[]) =>
    numbers.flatMap((v) =>
      v < 128 ? [v] : v < 16384 ? [(v & 127) | 128, v >> 7] : [(v & 127) | 128, ((v >> 7) & 127) | 128, v >> 14],
    );
  it('reads raw_data and typed fields of f32, f16 and bf16', () => {
    const get = (replacement: number[]) => [
      ...resolveWeights(swap('inputNorm', replacement), config).get(NORMS.input).data,
    ];
    expect(get(tensor('inputNorm', [4], 10, raw(u16le(...four.map(half)))))).toEqual(four);
    expect(get(tensor('inputNorm', [4], 10, [42, bytesOf(four.map(half)).length, ...bytesOf(four.map(half))]))).toEqual(
      four,
    );
    expect(get(tensor('inputNorm', [4], 1, [34, 16, ...f32le(...four)]))).toEqual(four);
    const bf = [0x3f80, 0xc000, 0x3f00, 0x4780];
    expect(get(tensor('inputNorm', [4], 16, raw(u16le(...bf))))).toEqual([1, -2, 0.5, 65536]);
    expect(get(tensor('inputNorm', [4], 16, [42, bytesOf(bf).length, ...bytesOf(bf)]))).toEqual([1, -2, 0.5, 65536]);
    expect(() => resolveWeights(swap('inputNorm', tensor('inputNorm', [4], 3, raw([1, 2, 3, 4]))), config)).toThrow(
      /int8/,
    );
    expect(() => resolveWeights(swap('inputNorm', tensor('inputNorm', [4], 1, raw(f32le(1, 2, 3)))), config)).toThrow(
      /12 bytes for the shape \[4\]/,
    );
  });

  it('keeps external data inside the folder and inside its file', () => {
    const open = (entries: Record<string, string>, size = 64) =>
      resolveWeights(
        swap('inputNorm', tensor('inputNorm', [4], 1, external(entries))),
        config,
        () => new Uint8Array(f32le(...Array.from({ length: size / 4 }, (_, i) => i))),
      );
    expect([...open({ location: 'model.onnx_data', offset: '8', length: '16' }).get(NORMS.input).data]).toEqual([
      2, 3, 4, 5,
    ]);
    for (const location of [
      '../model.onnx_data',
      '/etc/passwd',
      'a/../../b',
      'https://elsewhere/x',
      '',
      '..',
      'a\\b',
      './../x',
      'a..b',
    ]) {
      expect(() => open({ location }), location).toThrow(/outside the model's folder/);
    }
    expect(() => open({ location: 'd', offset: '56' })).toThrow(/outside d/);
    expect(() => open({ location: 'd', offset: '-4' })).toThrow(/has the offset "-4"/);
    expect(() => open({ location: 'd', length: '12' })).toThrow(/12 bytes of external data for the shape \[4\]/);
    expect(() => open({ location: 'd', offset: '0', length: '99999999999' })).toThrow(ModelError);
    const inFile = (location: string) => tensor(location, [4], 1, external({ location }));
    expect(() =>
      resolveWeights(swap('inputNorm', tensor('inputNorm', [4], 1, external({ location: 'd' }))), config),
    ).toThrow(/data file d is missing/);
    const many = model({
      nodes: [node('A', { outputs: ['y'] })],
      tensors: Array.from({ length: 65 }, (_, i) => inFile(`d${i}`)),
    });
    expect(() => externalFiles(parse(many))).toThrow(/more than 64 data files/);
    const { nodes, tensors } = tinyGraph();
    const replaced = tensors.filter((t) => !/inputNorm|postNorm/.test(new TextDecoder().decode(new Uint8Array(t))));
    const overlap = parse(
      model({
        nodes,
        tensors: [
          ...replaced,
          tensor('inputNorm', [4], 1, external({ location: 'd', offset: '0' })),
          tensor('postNorm', [4], 1, external({ location: 'd', offset: '8' })),
        ],
      }),
    );
    expect(() => resolveWeights(overlap, config, () => new Uint8Array(64))).toThrow(/overlap/);
  });
});

describe('quantised weights', () => {
  const small = readModel({ ...CONFIG, hidden_size: 32, head_dim: 16, intermediate_size: 32, vocab_size: 8 });
  const rng = new Rng(3);
  const u8 = (name: string, dims: number[]) =>
    tensor(
      name,
      dims,
      2,
      raw(Array.from({ length: dims.reduce((a, b) => a * b) }, () => Math.floor(256 * rng.float()))),
    );
  const scales = (name: string, rows: number) =>
    tensor(name, [rows], 1, raw(f32le(...Array.from({ length: rows }, () => rng.uniform(0.1, 1)))));
  /**
   * The genai builder's names, q, k and v in one product, each row of 32 one block; a head of its own where asked for.
   */
  const graph = (head: boolean, inner = 32) => {
    const product = (name: string, rows: number, columns = 32, output = `${name}_out`) => ({
      node: node(
        'MatMulNBits',
        { name: `${name}/MatMulNBits`, inputs: ['x', `${name}.weight`, `${name}.scales`], outputs: [output] },
        ...Object.entries({ N: rows, K: columns, bits: 4, block_size: 32 }).map(([k, v]) => intAttribute(k, v)),
      ),
      tensors: [u8(`${name}.weight`, [rows, 1, 16]), scales(`${name}.scales`, rows)],
    });
    const layer = 'model.layers.0';
    const products = [
      product(`${layer}.attn.qkv_proj`, 32 + 16 + 16),
      product(`${layer}.attn.o_proj`, 32),
      ...['gate', 'up'].map((name) => product(`${layer}.mlp.${name}_proj`, inner)),
      product(`${layer}.mlp.down_proj`, 32, inner),
      ...(head ? [product('lm_head', 8, 32, 'logits')] : []),
    ];
    const norms = [`${layer}.input_layernorm`, `${layer}.post_attention_layernorm`, 'model.norm'];
    return model({
      nodes: [
        node(
          'GatherBlockQuantized',
          { name: '/model/embed_tokens/Gather', inputs: ['E', 'ids', 'E_scales'], outputs: ['h'] },
          intAttribute('bits', 4),
          intAttribute('block_size', 32),
        ),
        ...products.map((p) => p.node),
        ...norms.map((name) =>
          node('SimplifiedLayerNormalization', { name, inputs: ['x', `${name}.weight`], outputs: [`${name}_out`] }),
        ),
      ],
      tensors: [
        u8('E', [8, 16]),
        tensor('E_scales', [8, 1], 1, raw(f32le(1, 2, 3, 4, 5, 6, 7, 8))),
        ...products.flatMap((p) => p.tensors),
        ...norms.map((name) => tensor(`${name}.weight`, [32], 1, raw(f32le(...new Array<number>(32).fill(1))))),
      ],
    });
  };
  const read = (head: boolean) =>
    resolveWeights(parse(graph(head)), { ...small, head: { ...(small.head as VocabularyHead), tied: true } });

  it('q, k and v are rows of one matrix, given as blocks or as what they are worth', () => {
    const weights = read(true);
    const parts = ['q', 'k', 'v'].map((kind) => `model.layers.0.self_attn.${kind}_proj.weight`);
    const blocks = parts.map((name) => weights.stored(name) as QuantisedBlocks);
    expect(blocks.map(({ scales: s }) => s.length)).toEqual([32, 16, 16]);
    expect(new Set(blocks.map(({ values: v }) => v.buffer)).size).toBe(3);
    for (const [i, name] of parts.entries()) expect(weights.get(name).data).toEqual(dequantise(blocks[i]));
    expect(weights.get(parts[1]).data).not.toEqual(weights.get(parts[2]).data);
    expect((weights.stored('model.embed_tokens.weight') as QuantisedBlocks).scales).toHaveLength(8);
    expectSameRows(weights, weights.model);
  });

  it('a quantised head is its own, whatever the configuration says; without one it is the embedding', () => {
    expect(read(true).model.head).toMatchObject({ tied: false });
    expect(read(true).get('lm_head.weight').shape).toEqual([8, 32]);
    expect(read(false).model.head).toMatchObject({ tied: true });
  });

  it('rows that are no whole blocks are given as the state dict has them, [in, out] or [out, in]', () => {
    const name = 'model.layers.0.mlp.down_proj.weight';
    const bytes = graph(true, 24);
    const of = (inOut: boolean) => {
      const layers = small.layers.map(
        (layer): LayerDescription => ({
          ...layer,
          mlp: {
            ...layer.mlp,
            inner: 24,
            input: { ...layer.mlp.input, linears: layer.mlp.input.linears.map((l) => ({ ...l, dOut: 24 })) },
            output: { ...layer.mlp.output, dIn: 24, inOut },
          },
        }),
      );
      return resolveWeights(parse(bytes), { ...small, layers });
    };
    const [plain, turned] = [false, true].map(of);
    expect(plain.get(name).shape).toEqual([32, 24]);
    expect(turned.get(name).shape).toEqual([24, 32]);
    for (const weights of [plain, turned]) {
      expect(weights.stored(name)).toEqual(weights.get(name).data);
      expectSameRows(weights, weights.model);
    }
    const [outIn, inOut] = [plain, turned].map((weights) => weights.stored(name) as Float32Array);
    expect(inOut[5 * 32 + 3]).toBe(outIn[3 * 24 + 5]);
  });

  it('a matrix of another size than the configuration makes it is refused', () => {
    const other = readModel({ ...CONFIG, hidden_size: 32, head_dim: 16, intermediate_size: 64, vocab_size: 8 });
    expect(() => resolveWeights(parse(graph(true)), other)).toThrow(/gate_proj.*\[32, 32\].*\[64, 32\]/);
  });
});
