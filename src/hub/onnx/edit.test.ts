import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { valuesElsewhere } from './edit';
import type { OnnxGraph } from './model';
import { OnnxParser } from './parser';
import { rawBytes } from './tensor';

function parse(file: Uint8Array): OnnxGraph {
  const parser = new OnnxParser();
  return parser.finish(file);
}

it('values that are said to lie elsewhere are those that lay in the file, and all else is as it was', () => {
  const file = new Uint8Array(readFileSync('public/models/sieve-stories-nano/onnx/model.onnx'));
  const [before, after] = [parse(file), parse(valuesElsewhere(file, 'values')!)];
  expect(after.bytes.length).toBeLessThan(0.2 * file.length);
  expect(after.nodes).toEqual(before.nodes);
  expect([...after.tensors.keys()]).toEqual([...before.tensors.keys()]);
  let moved = 0;
  for (const [name, { raw: range, external, ...rest }] of before.tensors) {
    const { raw: _, external: place, ...same } = after.tensors.get(name)!;
    expect(same).toEqual(rest);
    if (!place) continue;
    moved++;
    expect(external).toBeNull();
    expect(range!.length).toBeGreaterThanOrEqual(1024);
    expect(place.get('location')).toBe('values');
    const at = rawBytes(after.tensors.get(name)!, after.bytes, () => file)!;
    expect(at).toEqual(file.subarray(range!.offset, range!.offset + range!.length));
  }
  expect(moved).toBeGreaterThan(10);
});
