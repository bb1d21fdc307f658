/** A graph that is run in parts gives what it gives as a whole, and no part has the weights of another. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { expectCloseToMax } from '../../engine/testing/allclose';
import { readModel } from '../family';
import { onnxLogits } from '../onnxRuntime';
import { MOST_AT_ONCE } from '../openingMemory';
import { halveOnnx, packOnnx } from '../testing/formsOnnx';
import { quantiseOnnx } from '../testing/quantiseOnnx';
import { type Bytes, fields, joined, valuesElsewhere, within } from './edit';
import type { OnnxGraph } from './model';
import { OnnxParser } from './parser';
import { endsOf, graphParts, partEnds } from './parts';
import { multiplyExactly } from './quantised';

const NANO = 'public/models/sieve-stories-nano';
const MODEL = readModel(JSON.parse(readFileSync(`${NANO}/config.json`, 'utf8')));
const plain = () => new Uint8Array(readFileSync(`${NANO}/onnx/model.onnx`));
const SEQUENCES = [{ ids: Int32Array.of(0, 312, 87, 1290) }, { ids: Int32Array.of(0, 9) }];
const parse = (file: Uint8Array): OnnxGraph => new OnnxParser().finish(file);

/** Behind the embedding and some of the layers. */
const endsBehind = (graph: OnnxGraph, layers: readonly number[]) => [
  ...new Set(layers.flatMap((l) => partEnds(graph, { ...MODEL, layers: [MODEL.layers[l]] }))),
];

/** Within a graph ONNX Runtime leaves out pairs of casts to f16 and back; across parts it cannot. */
const FORMS = [
  { form: 'packed, in f16', make: () => halveOnnx(packOnnx(plain())), bar: 1e-3 },
  { form: 'quantised, last nodes first', make: () => lastFirst(quantiseOnnx(plain())), bar: 1e-6 },
];

it.each(FORMS)('$form: in parts the logits are those of the whole', async ({ make, bar }) => {
  const file = make();
  const graph = parse(file);
  multiplyExactly(graph);
  const ends = endsBehind(graph, [1, 2]);
  expect(ends).toHaveLength(3);
  const model = {
    kind: 'onnx' as const,
    file: 'model.onnx',
    external: new Map(),
    half: false,
    headDim: 16,
    bytes: file,
  };
  const whole = await onnxLogits({ ...model, ends: [] }, SEQUENCES);
  const inParts = await onnxLogits({ ...model, ends }, SEQUENCES);
  expect(inParts.vocab).toBe(whole.vocab);
  expectCloseToMax(inParts.data, whole.data, bar, 'logits');
});

/** The file with its nodes the other way round: ONNX Runtime takes them as they depend on each other. */
function lastFirst(file: Bytes): Bytes {
  const model = [...fields(file, 0, file.length)];
  const whole = ({ start, end }: { start: number; end: number }) => file.subarray(start, end);
  return joined(
    model.map((f) => {
      if (f.number !== 7) return whole(f);
      const inGraph = [...fields(file, f.from, f.end)];
      const nodes = inGraph.filter(({ number }) => number === 1).toReversed();
      return within(7, joined([...nodes, ...inGraph.filter(({ number }) => number !== 1)].map(whole)));
    }),
  );
}

it('a model above the bound is proved in parts', () => {
  const graph = parse(plain());
  expect(endsOf(graph, MODEL, MOST_AT_ONCE)).toEqual([]);
  expect(endsOf(graph, MODEL, MOST_AT_ONCE + 1)).toEqual(partEnds(graph, MODEL));
});

it('a part has the weights of its layers alone, and is given what crosses', () => {
  const file = plain();
  const elsewhere = valuesElsewhere(file, 'values')!;
  const every = endsBehind(parse(file), [...MODEL.layers.keys()]);
  const parts = graphParts(elsewhere, every, 'logits')!;
  expect(parts).toHaveLength(MODEL.layers.length + 2);
  const files = parts.map((part) => parse(part.file(() => 'float32')));
  const weights = files.map(({ tensors }) =>
    [...tensors.values()].filter(({ external }) => external !== null).map(({ name }) => name),
  );
  // Each large tensor lies in one part, but for a table that is the head as well.
  const all = weights.flat();
  expect(new Set(all).size).toBeGreaterThanOrEqual(all.length - 1);
  expect(parts.at(-1)!.outputs).toEqual(['logits']);
  for (const [i, { inputs }] of parts.entries()) {
    const before = new Set([
      'input_ids',
      'attention_mask',
      'position_ids',
      ...parts.slice(0, i).flatMap((p) => p.outputs),
    ]);
    expect(inputs.filter((value) => !before.has(value) && !value.startsWith('past_key_values'))).toEqual([]);
  }
});

it('ends lie behind the embedding and behind 4 to 8 layers; without any, nothing is cut', () => {
  const file = plain();
  const graph = parse(file);
  const [first] = MODEL.layers;
  for (let layers = 1; layers <= 48; layers++) {
    const ends = partEnds(graph, { ...MODEL, layers: Array.from({ length: layers }, () => first) });
    expect(ends).toHaveLength(1 + Math.max(1, Math.round(layers / 6)));
    const sizes = layers / (ends.length - 1);
    expect(Math.ceil(sizes)).toBeLessThanOrEqual(8);
    if (layers > 8) expect(Math.floor(sizes)).toBeGreaterThanOrEqual(4);
  }
  const elsewhere = valuesElsewhere(file, 'values')!;
  expect(graphParts(elsewhere, [], 'logits')).toBeNull();
  expect(graphParts(elsewhere, ['no value of it'], 'logits')).toBeNull();
});
