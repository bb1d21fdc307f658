import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ProcessReading, type ResultsFile, combine, merge, save } from './results';

const reading = (value: number | null): ProcessReading => ({
  value,
  detail: '',
  readings: { ms: [1.5, 2] },
  at: '2026-11-29T12:00:00Z',
  load: 0.1,
});

const measured = (commit: string, name: string, ...values: (number | null)[]) =>
  combine(
    { row: 'row', name, unit: '', bar: '<= 2', adapter: 'CPU engine, 1 thread', commit, stale: false },
    values.map(reading),
  );

const file = (commit: string, ...records: ResultsFile['records']): ResultsFile => ({
  commit,
  machine: 'two cores',
  records,
});

describe('a record over several processes', () => {
  it('is their median, with the lowest and the highest, held against the bar', () => {
    expect(measured('a', 'x', 3, 1, 2.5)).toMatchObject({ value: 2.5, interval: [1, 3], pass: false });
    expect(measured('a', 'x', 2)).toMatchObject({ value: 2, interval: null, pass: true });
    expect(measured('a', 'x', null)).toMatchObject({ value: null, interval: null, pass: null });
  });
});

describe('the results file', () => {
  it('keeps every reading of its commit: a row that runs again adds its own, better or worse', () => {
    const again = merge(file('a', measured('a', 'x', 1, 2, 3)), file('a', measured('a', 'x', 9, 9))).records;
    expect(again).toHaveLength(1);
    expect(again[0].processes.map((p) => p.value)).toEqual([1, 2, 3, 9, 9]);
    expect(again[0]).toMatchObject({ value: 3, interval: [1, 9], pass: false, stale: false });
  });

  it('never mixes commits: old records are marked stale, or give way as a whole', () => {
    const { commit, records } = merge(
      file('a', measured('a', 'x', 1), measured('a', 'y', 1)),
      file('b', measured('b', 'x', 5)),
    );
    expect(commit).toBe('b');
    expect(records.map((r) => [r.name, r.commit, r.stale, r.processes.length])).toEqual([
      ['x', 'b', false, 1],
      ['y', 'a', true, 1],
    ]);
  });

  it('what could not be measured now does not replace what was, but says from when that is', () => {
    const [record] = merge(file('a', measured('a', 'x', 1)), file('b', measured('b', 'x', null))).records;
    expect(record).toMatchObject({ value: 1, commit: 'a', stale: true });
  });

  it('is written with its numbers in lines, and read again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'results-'));
    const path = join(folder, 'results.json');
    try {
      save(path, file('a', measured('a', 'x', 1)));
      save(path, file('a', measured('a', 'x', 3)));
      const text = readFileSync(path, 'utf8');
      expect(text).toContain('"ms": [1.5, 2]');
      expect((JSON.parse(text) as ResultsFile).records[0]).toMatchObject({ value: 2, interval: [1, 3] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
