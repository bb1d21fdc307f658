import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classModelOf } from '../shared/classHead';
import { ModelError } from '../shared/errors';
import { type VocabularyHead, allModules, parameterCount, targetModules } from '../shared/model';
import { readModel } from './family';

const BASE = {
  model_type: 'llama',
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 176,
  vocab_size: 4096,
};

describe('config.json', () => {
  it('reads the embedded models', () => {
    const model = readModel(JSON.parse(readFileSync('public/models/sieve-stories-4m/config.json', 'utf8')));
    expect(model).toMatchObject({
      family: 'llama',
      width: 192,
      vocab: 4096,
      context: 512,
      embedding: { path: 'model.embed_tokens', scale: 1, positions: null, tokenTypes: null, norm: null },
      ropes: [{ rotary: 32, theta: 10000 }],
      finalNorm: { path: 'model.norm', kind: 'rms', eps: 1e-5, bias: false, plusOne: false },
      head: {
        kind: 'vocabulary',
        path: 'lm_head',
        tied: true,
        bias: false,
        scale: 1,
        softcap: null,
        classifier: 'score',
      },
      bosId: 0,
      eosIds: [0],
    });
    expect(model.layers).toHaveLength(8);
    const { attention, mlp, parallel, residualScale } = model.layers[7];
    expect({ parallel, residualScale }).toEqual({ parallel: false, residualScale: 1 });
    expect(attention).toMatchObject({ heads: 6, kvHeads: 3, headDim: 32, rope: 0, window: null, softcap: null });
    expect(attention.scale).toBeCloseTo(32 ** -0.5, 15);
    expect(mlp).toMatchObject({ activation: 'silu', gated: true, inner: 512 });
    expect(
      allModules(model)
        .slice(-7)
        .map(({ path, kind, dIn, dOut }) => [path, kind, dIn, dOut]),
    ).toEqual([
      ['model.layers.7.self_attn.q_proj', 'q_proj', 192, 192],
      ['model.layers.7.self_attn.k_proj', 'k_proj', 192, 96],
      ['model.layers.7.self_attn.v_proj', 'v_proj', 192, 96],
      ['model.layers.7.self_attn.o_proj', 'o_proj', 192, 192],
      ['model.layers.7.mlp.gate_proj', 'gate_proj', 192, 512],
      ['model.layers.7.mlp.up_proj', 'up_proj', 192, 512],
      ['model.layers.7.mlp.down_proj', 'down_proj', 512, 192],
    ]);
    expect(parameterCount(model)).toBe(4_033_728);
  });

  it('fills in what Hugging Face leaves out, and reads both ways to write RoPE', () => {
    const plain = readModel({ ...BASE, num_key_value_heads: undefined });
    expect(plain).toMatchObject({ bosId: null, eosIds: [], ropes: [{ theta: 10000 }], head: { tied: false } });
    expect(plain.layers[0].attention).toMatchObject({ kvHeads: 4, headDim: 16, norm: { eps: 1e-6 } });
    expect(readModel({ ...BASE, rope_theta: 5e5, eos_token_id: [2, 3, 2] })).toMatchObject({
      ropes: [{ theta: 5e5 }],
      eosIds: [2, 3],
    });
    expect(readModel({ ...BASE, rope_parameters: { rope_theta: 1e6, rope_type: 'default' } }).ropes[0].theta).toBe(1e6);
    const wide = readModel({ ...BASE, head_dim: 32, rope_scaling: null, bos_token_id: 1 });
    expect(wide).toMatchObject({ bosId: 1, layers: [{ attention: { headDim: 32 } }, {}] });
  });

  const windowsOf = (change: object) => readModel({ ...BASE, ...change }).layers.map((l) => l.attention.window);

  it('a window that is left out is Hugging Face’s usual one, and null is none', () => {
    for (const [change, left] of [
      [{ model_type: 'mistral' }, [4096, 4096]],
      [{ model_type: 'phi3' }, [null, null]],
      [{ model_type: 'gemma2' }, [4096, null]],
      [{ model_type: 'gemma3_text', sliding_window_pattern: 2 }, [4096, null]],
      [{ model_type: 'gemma3_text' }, [4096, 4096]],
      [{ model_type: 'qwen2', use_sliding_window: true, max_window_layers: 1 }, [null, 4096]],
      [{ model_type: 'qwen3', use_sliding_window: true, max_window_layers: 1 }, [null, 4096]],
      [{ model_type: 'qwen3', max_window_layers: 1 }, [null, null]],
    ] as const) {
      expect(windowsOf(change), change.model_type).toEqual(left);
      expect(windowsOf({ ...change, sliding_window: null }), change.model_type).toEqual([null, null]);
    }
  });

  it('Gemma 2 holds scores and logits unless null says that it does not; Gemma 3 does not', () => {
    const caps = (change: object) => {
      const { layers, head } = readModel({ ...BASE, ...change });
      return [layers[0].attention.softcap, (head as VocabularyHead).softcap];
    };
    const none = { attn_logit_softcapping: null, final_logit_softcapping: null };
    expect(caps({ model_type: 'gemma2' })).toEqual([50, 30]);
    expect(caps({ model_type: 'gemma2', ...none })).toEqual([null, null]);
    expect(caps({ model_type: 'gemma3_text' })).toEqual([null, null]);
    expect(caps({ model_type: 'gemma3_text', attn_logit_softcapping: 7 })).toEqual([7, null]);
  });

  it('Gemma 3’s sliding layers have their own RoPE, even where the window is none', () => {
    const layer_types = ['full_attention', 'sliding_attention'];
    const { layers } = readModel({ ...BASE, model_type: 'gemma3_text', layer_types, sliding_window: null });
    expect(layers.map((l) => [l.attention.window, l.attention.rope])).toEqual([
      [null, 0],
      [null, 1],
    ]);
  });

  it('Phi-3 was trained for 4096 tokens where the file does not say for how many', () => {
    const rope_scaling = { type: 'longrope', short_factor: new Array(8).fill(1), long_factor: new Array(8).fill(2) };
    const { context, ropes } = readModel({
      ...BASE,
      model_type: 'phi3',
      max_position_embeddings: 131_072,
      rope_scaling,
    });
    expect(context).toBe(4096);
    // √(1 + ln 32 / ln 4096)
    expect(ropes[0].scaling).toMatchObject({ kind: 'longrope', attention: expect.closeTo(1.19024, 5) });
  });

  it.each([
    ['another family', { model_type: 'mamba' }, /model_type is "mamba"; Sieve trains .*llama/],
    ['RoPE by length', { rope_scaling: { rope_type: 'dynamic', factor: 8 } }, /RoPE is scaled.*dynamic/],
    ['scaled RoPE without a factor', { rope_scaling: { type: 'linear' } }, /does not say factor/],
    [
      'too few factors',
      { rope_parameters: { rope_type: 'longrope', short_factor: [1] } },
      /short_factor is \[1\], and must be a list of 8/,
    ],
    [
      'an odd share of a head',
      { partial_rotary_factor: 0.19 },
      /partial_rotary_factor is 3, and must be a multiple of 2/,
    ],
    ['attention biases', { attention_bias: true }, /attention_bias/],
    ['MLP biases', { mlp_bias: true }, /mlp_bias/],
    ['another activation', { hidden_act: 'gelu' }, /hidden_act is "gelu"/],
    ['quantised weights', { quantization_config: { bits: 4 } }, /quantised/],
    ['rank 10⁹', { hidden_size: 1e9 }, /hidden_size is 1000000000/],
    ['too many layers', { num_hidden_layers: 129 }, /num_hidden_layers/],
    ['a huge vocabulary', { vocab_size: 300001 }, /vocab_size/],
    ['text for a number', { vocab_size: '4096' }, /vocab_size is "4096"/],
    ['uneven groups', { num_key_value_heads: 3 }, /share 3 key-value heads/],
    ['a head that is no multiple of 4', { head_dim: 18 }, /head_dim is 18, and must be a multiple of 4/],
    [
      'a head past what the engine takes',
      { head_dim: 260 },
      /head_dim is 260, and must be a whole number from 4 to 256/,
    ],
    ['more inputs than the engine sums', { intermediate_size: 16388 }, /intermediate_size is 16388/],
    [
      'heads that are too wide together',
      { num_attention_heads: 256, head_dim: 128 },
      /256 heads of 128 are 32768 wide/,
    ],
    ['odd sizes', { intermediate_size: 178 }, /multiple of 4/],
    ['no sizes', { hidden_size: undefined }, /does not say hidden_size/],
    ['eos outside', { eos_token_id: 4096 }, /eos_token_id holds 4096/],
    ['NaN theta', { rope_theta: NaN }, /rope_theta/],
    ['zero epsilon', { rms_norm_eps: 0 }, /rms_norm_eps/],
  ])('names what is not supported: %s', (_, change, pattern) => {
    expect(() => readModel({ ...BASE, ...change })).toThrow(ModelError);
    expect(() => readModel({ ...BASE, ...change })).toThrow(pattern);
  });

  it('takes keys of the prototype for nothing', () => {
    expect(() => readModel(JSON.parse('{"__proto__": {"model_type": "llama"}}'))).toThrow(/model_type/);
    expect(() => readModel(Object.create(BASE))).toThrow(/model_type/);
    expect(({} as Record<string, unknown>).model_type).toBeUndefined();
  });

  it('survives anything JSON can say', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(...Object.keys(BASE), 'rope_scaling', 'eos_token_id', 'head_dim'),
        (value, key) => {
          for (const input of [value, { ...BASE, [key]: value }]) {
            try {
              readModel(input);
            } catch (error) {
              if (!(error instanceof ModelError)) throw error;
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('decoders that were published as classifiers', () => {
  const as = (model_type: string, architecture: string) => ({
    ...BASE,
    model_type,
    architectures: [architecture],
    id2label: { 0: 'no', 1: 'yes', 2: 'maybe' },
  });

  it('have their head’s classes, read off the last token; every family but Granite can have such a head', () => {
    const { head, finalNorm } = readModel(as('llama', 'LlamaForSequenceClassification'));
    expect(head).toEqual({
      kind: 'classes',
      labels: ['no', 'yes', 'maybe'],
      reads: 'last',
      dense: null,
      classifier: { path: 'score', dIn: BASE.hidden_size, dOut: 3, bias: false, inOut: false },
    });
    expect(finalNorm).not.toBeNull();
    expect(classModelOf(readModel(as('llama', 'LlamaForCausalLM')))?.head.classifier.path).toBe('score');
    expect(classModelOf(readModel(as('granite', 'GraniteForCausalLM')))).toBeNull();
    expect(() => readModel(as('granite', 'GraniteForSequenceClassification'))).toThrow(
      /classifier of the family granite/,
    );
  });
});

describe('encoders', () => {
  const BERT = { ...BASE, model_type: 'bert', num_key_value_heads: undefined };
  const MODERN = { ...BASE, model_type: 'modernbert', num_key_value_heads: undefined };

  it('name their modules within a layer, each once', () => {
    const kinds = allModules(readModel(BERT)).map(({ layer, kind }) => `${layer} ${kind}`);
    expect(kinds.slice(6)).toEqual([
      '1 query',
      '1 key',
      '1 value',
      '1 attention.output.dense',
      '1 intermediate.dense',
      '1 output.dense',
    ]);
    // As PEFT means it, by the end of the path.
    expect(targetModules(readModel(BERT), { modules: ['output.dense'], only: null })).toHaveLength(4);
  });

  it('read the first token or the mean of all, as the file says', () => {
    const readsOf = (classifier_pooling?: string) => readModel({ ...MODERN, classifier_pooling }).head;
    expect(readsOf('mean')).toMatchObject({ reads: 'mean' });
    for (const pooling of [undefined, 'cls']) expect(readsOf(pooling)).toMatchObject({ reads: 'first' });
    expect(() => readsOf('max')).toThrow(/classifier_pooling/);
  });
});
