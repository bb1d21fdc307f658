import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SLOT_BYTES } from '../src/engine/kernels/gate/slots';
import { uniformsOf } from './uniform-layout.mjs';

const src = join(import.meta.dirname, '..', 'src');
const wgsl = readdirSync(src, { recursive: true }).filter((f) => f.endsWith('.wgsl'));
const uniforms = uniformsOf(new Map(wgsl.map((f) => [f, readFileSync(join(src, f), 'utf8')])));

describe('every uniform of the engine', () => {
  test('is laid out as core WebGPU wants it', () => {
    expect(uniforms.flatMap((u) => u.faults.map((f) => `${u.path}: ${f}`))).toEqual([]);
  });

  test('was looked at', () => {
    const written = wgsl.flatMap((f) => readFileSync(join(src, f), 'utf8').match(/var\s*<\s*uniform/g) ?? []).length;
    expect(written).toBeGreaterThan(20);
    expect(new Set(uniforms.map((u) => `${u.path} ${u.name}`)).size).toBe(written);
  });

  test('a gate’s slot fills what the host gives it', () => {
    const sizes = uniforms.filter((u) => u.type === 'GateSlot').map((u) => u.size);
    expect(new Set(sizes)).toEqual(new Set([SLOT_BYTES]));
  });
});

describe('the rules', () => {
  /** What is said of one uniform `u` of type `S`. */
  const of = (declared, type = 'S') =>
    uniformsOf(new Map([['a.wgsl', `${declared}\n@group(0) @binding(0) var<uniform> u: ${type};`]]))[0];

  test.each([
    ['an array of vec2', 'struct S { a: f32, b: vec2f, spare: array<vec2<u32>, 27> }', 'stride of 8'],
    ['an array of f32', 'const N: u32 = 4u; struct S { a: array<f32, N> }', 'stride of 4'],
    ['an array of vec3 is one of 16', 'struct S { a: array<vec3f, 2> }', null],
    [
      'an array that begins at 4',
      'struct P { @size(16) a: f32 } struct S { first: f32, a: array<P, 2> }',
      'S.a lies at 4',
    ],
    ['a struct that begins at 8', 'struct T { x: vec2f } struct S { a: vec2f, t: T }', 'S.t lies at 8'],
    [
      'a member close behind a struct',
      'struct T { x: f32 } struct S { t: T, after: f32 }',
      'S.after begins 4 bytes after',
    ],
    ['a member far enough behind a struct', 'struct T { x: f32 } struct S { t: T, @align(16) after: f32 }', null],
    [
      'a fault further in',
      'struct T { x: array<u32, 4> } struct S { t: T }',
      'S.t: T.x: array<u32, 4> has a stride of 4',
    ],
    [
      'scalars and vectors',
      '// struct S { a: array<f32, 2> }\nstruct S { a: f32, b: vec2<u32>, c: vec3f, d: mat4x4<f32> }',
      null,
    ],
  ])('%s', (_, declared, fault) => {
    const { faults } = of(declared);
    if (fault === null) expect(faults).toEqual([]);
    else expect(faults.join()).toContain(fault);
  });

  test('a type from a snippet is found, in every file that has it', () => {
    const found = uniformsOf(
      new Map([
        ['right.wgsl', 'struct S { a: vec4f }'],
        ['wrong.wgsl', 'struct S { a: array<u32, 3> }'],
        ['user.wgsl', 'var<uniform> u: S;'],
      ]),
    );
    expect(found.map((u) => [u.path, u.size, u.faults.length])).toEqual([
      ['user.wgsl', 16, 0],
      ['user.wgsl', 12, 1],
    ]);
  });

  test.each([
    ['struct S { a: f32, @size(220) b: u32 }', 'S', 224],
    ['struct S { a: f32, b: vec3f, c: f32 }', 'S', 32],
    ['alias V = vec4u; struct S { a: V, b: u32 }', 'S', 32],
    ['', 'vec4u', 16],
    ['', 'mat3x3f', 48],
  ])('%s %s takes its bytes', (declared, type, size) => {
    expect(of(declared, type).size).toBe(size);
  });

  test('what it does not know it does not pass', () => {
    expect(() => of('struct S { a: bool }')).toThrow('bool');
    expect(() => of('struct S { a: array<vec4f, N> }')).toThrow('length');
    expect(() => of('', 'Missing')).toThrow('Missing');
    expect(() => of('struct S { @location(0) a: f32 }')).toThrow('not understood');
  });
});
