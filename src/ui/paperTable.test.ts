import { expect, test } from 'vitest';
import { type PaperTable, toTex, writeTable } from './paperTable';

const table: PaperTable = {
  name: 'metrics',
  caption: 'Metrics, 50 % & more',
  columns: [
    { label: 'Run', number: false },
    { label: 'Val_loss', number: true },
    { label: 'Δ', number: true },
  ],
  rows: [
    [{ text: 'LoRA | a_b' }, { text: '1.234', value: 1.23412345, best: true }, { text: '–', value: null }],
    [{ text: '=1+1' }, { text: '1.300', value: 1.3 }, { text: '+0.066 ± 0.010', value: 0.0658, half: 0.0101 }],
  ],
};

test('LaTeX prints every sign as the page shows it', () => {
  const tex = writeTable(table, 'tex');
  expect(tex).toContain('\\caption{Metrics, 50 \\% \\& more}');
  expect(tex).toContain('\\begin{tabular}{lrr}');
  expect(tex).toContain('LoRA \\textbar{} a\\_b & \\textbf{1.234} & -- \\\\');
  expect(tex).toContain('Val\\_loss & $\\Delta$');
  expect(tex).toContain('+0.066 $\\pm$ 0.010');
  // What was replaced is not replaced again.
  expect(toTex('\\{}$')).toBe('\\textbackslash{}\\{\\}\\$');
});

test('Markdown keeps cells apart and takes no name for markup', () => {
  const lines = writeTable(table, 'md').split('\n');
  expect(lines[2]).toBe('| Run | Val\\_loss | Δ |');
  expect(lines[3]).toBe('| :-- | --: | --: |');
  expect(lines[4]).toBe('| LoRA \\| a\\_b | **1.234** | – |');
  expect(writeTable({ ...table, caption: '<img src=x>' }, 'md')).toContain('\\<img src=x\\>');
});

test('CSV has all digits, an interval in its own column, and no formula', () => {
  expect(writeTable(table, 'csv').split('\r\n')).toEqual([
    'Run,Val_loss,Δ,Δ ±',
    'LoRA | a_b,1.23412345,,',
    "'=1+1,1.3,0.0658,0.0101",
    '',
  ]);
});

test('where the numbers come from stands under the table, and beside each row of the CSV', () => {
  const provenance = {
    labels: ['Device', 'Seed', 'Data'],
    rows: [
      ['CPU, 2 threads', '1', ''],
      ['CPU, 2 threads', '2', ''],
    ],
  };
  const told = { ...table, provenance };
  expect(writeTable(told, 'md').trimEnd().split('\n').at(-1)).toBe('Device: CPU, 2 threads. Seed: 1; 2.');
  expect(writeTable(told, 'tex')).toContain('\\footnotesize Device: CPU, 2 threads. Seed: 1; 2.\n\\end{table}');
  const lines = writeTable(told, 'csv').split('\r\n');
  expect(lines[0]).toBe('Run,Val_loss,Δ,Δ ±,Device,Seed,Data');
  expect(lines[2]).toBe('\'=1+1,1.3,0.0658,0.0101,"CPU, 2 threads",2,');
});
