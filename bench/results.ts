/** bench/results.json: one record a row and adapter. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BenchRecord } from './record';

export interface StoredRecord extends BenchRecord {
  row: string;
  adapter: string;
  /** Day of the measurement. */
  date: string;
  commit: string;
}

export function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

/**
 * Replaces the records with the same name and adapter, and keeps all others. What could not be measured this time
 * does not replace what was.
 */
export function mergeResults(file: string, fresh: StoredRecord[]): void {
  const key = (r: StoredRecord) => `${r.name}\0${r.adapter}`;
  const old: StoredRecord[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const records = new Map(old.map((r) => [key(r), r]));
  for (const r of fresh) if (r.value !== null || (records.get(key(r))?.value ?? null) === null) records.set(key(r), r);
  const sorted = [...records.values()].sort((a, b) => a.row.localeCompare(b.row) || a.adapter.localeCompare(b.adapter));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(sorted, null, 1)}\n`);
}
