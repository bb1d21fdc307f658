/**
 * bench/results.json: what was measured on one commit, every reading kept. A row that is run again on that commit adds
 * its readings to those that are there; records of another commit stay beside them, marked stale.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BenchRecord, type Readings, barOf, passes } from './record';
import { median } from './stats';

/** What one browser process gave. */
export interface ProcessReading {
  value: number | null;
  detail: string;
  readings: Readings;
  /** When it began, and the machine's load average (1 min) then, where it was noted. */
  at: string;
  load: number | null;
}

export interface StoredRecord extends Omit<BenchRecord, 'detail' | 'readings'> {
  row: string;
  adapter: string;
  /** Lowest and highest of the processes' values: of five, the median of all lies between them with 94 %. */
  interval: [low: number, high: number] | null;
  commit: string;
  /** Of an older commit than the file's. */
  stale: boolean;
  processes: ProcessReading[];
}

export interface ResultsFile {
  commit: string;
  /** CPU, cores, browser. */
  machine: string;
  records: StoredRecord[];
}

const git = (...args: string[]) =>
  execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** The commit that is measured; null where what is measured differs from it, or there is none. */
export function commit(): string | null {
  try {
    const changed = git(
      'status',
      '--porcelain',
      '--',
      'src',
      'bench',
      'public',
      'package-lock.json',
      ':!bench/results.json',
      ':!bench/LOG.md',
    );
    return changed ? null : git('rev-parse', '--short', 'HEAD');
  } catch {
    return null;
  }
}

/** One record of the processes' records of one name: the median of their values. */
export function combine(
  first: Omit<StoredRecord, 'value' | 'interval' | 'pass' | 'processes'>,
  processes: ProcessReading[],
): StoredRecord {
  const values = processes.map((p) => p.value).filter((v) => v !== null);
  const value = values.length ? median(values) : null;
  return {
    ...first,
    value,
    pass: passes(value, barOf(first.bar)),
    processes,
    interval: values.length > 1 ? [Math.min(...values), Math.max(...values)] : null,
  };
}

const key = (r: StoredRecord) => `${r.row}\0${r.name}\0${r.adapter}`;

/** The old file with what was measured now. What could not be measured now does not replace what was. */
export function merge(old: ResultsFile | null, fresh: ResultsFile): ResultsFile {
  const records = new Map((old?.records ?? []).map((r) => [key(r), { ...r, stale: r.commit !== fresh.commit }]));
  for (const r of fresh.records) {
    const before = records.get(key(r));
    if (before && before.commit === r.commit) records.set(key(r), combine(r, [...before.processes, ...r.processes]));
    else if (!before || r.value !== null || before.value === null) records.set(key(r), r);
  }
  const sorted = [...records.values()].sort((a, b) => a.row.localeCompare(b.row) || a.adapter.localeCompare(b.adapter));
  return { ...fresh, records: sorted };
}

export function save(path: string, fresh: ResultsFile): void {
  const old = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ResultsFile) : null;
  mkdirSync(dirname(path), { recursive: true });
  // Readings in a line: there are thousands.
  const text = JSON.stringify(
    merge(old, fresh),
    (_, v) =>
      Array.isArray(v) && typeof v[0] === 'number' ? `[${v.map((x) => Number(x.toPrecision(5))).join(', ')}]` : v,
    1,
  );
  writeFileSync(path, `${text.replace(/"(\[[-\d., e+]*\])"/g, '$1')}\n`);
}
