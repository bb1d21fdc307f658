/**
 * Small tables of prompts and completions, the options that they are prepared with, and examples as a person reads
 * them.
 */
import type { DataFormat, PrepareOptions } from '../../shared/data';
import type { TokenSet } from '../../shared/types';
import { exampleCount } from '../batches';
import { tableOf } from './table';
import { USUAL_OPTIONS } from './options';

export const table = (rows: string[][], columns = ['p', 'c'], format: DataFormat = 'csv') =>
  tableOf(columns, rows, format);

export const options = (more: Partial<PrepareOptions> = {}): PrepareOptions => ({
  ...USUAL_OPTIONS,
  mapping: { kind: 'prompt-completion', roles: { prompt: 'p', completion: 'c' } },
  template: { prompt: '{prompt}>', completion: '{completion}' },
  maxSequenceLength: 32,
  validationShare: 0.2,
  seed: 7,
  maxExamples: 10_000,
  ...more,
});

export const textOptions = (more: Partial<PrepareOptions> = {}) =>
  options({
    mapping: { kind: 'text', roles: { text: 'text' } },
    template: { prompt: '', completion: '{text}' },
    ...more,
  });

/** Example i of a set, as text with `|` for token 0, and its mask. */
function show(set: TokenSet, i: number): [text: string, mask: string] {
  const [from, to] = [set.offsets[i], set.offsets[i + 1]];
  return [
    Array.from(set.ids.subarray(from, to), (id) => (id === 0 ? '|' : String.fromCharCode(id - 1))).join(''),
    set.supervised.subarray(from, to).join(''),
  ];
}

export const all = (set: TokenSet) => Array.from({ length: exampleCount(set) }, (_, i) => show(set, i));

export const rows = (n: number) => Array.from({ length: n }, (_, i) => [`q${i}`, `a${i}`]);
