/** Looks at every row once: what is wrong with it, and whether it can be used. Nothing is tokenised. */
import { type Issue, ISSUES, type ParsedTable, type PrepareOptions } from '../shared/data';
import { texts } from '../shared/texts';
import { FirstSeen, hashText } from './hash';
import type { Pace } from './pace';
import { cellsOf } from './repair';
import type { Texts } from './texts';

/** Bits of a row's flags: one for every issue, then these. */
export const ISSUE_BIT = Object.fromEntries(ISSUES.map((issue, i) => [issue, 1 << i])) as Record<Issue, number>;
export const EXCLUDED = 1 << ISSUES.length;
export const CHANGED = 1 << (ISSUES.length + 1);
export const USABLE = 1 << (ISSUES.length + 2);

export interface RowChecks {
  /** By row. */
  flags: Uint16Array;
  usable: number;
}

/** Cells of a row as they are now, or null where it cannot be read. */
export type CellsNow = (row: number) => readonly string[] | null;

export function cellsNow(table: ParsedTable, { edits, repairs }: Pick<PrepareOptions, 'edits' | 'repairs'>): CellsNow {
  const changed = new Map(edits.changed);
  return (row) => changed.get(row) ?? cellsOf(table, row, repairs);
}

/**
 * @param textsOf null where rows are long texts that are cut into windows: then only blank ones are left out.
 * @throws {Cancelled}
 */
export async function checkRows(table: ParsedTable, options: PrepareOptions, cells: CellsNow, textsOf: (cells: readonly string[]) => Texts, windows: boolean, pace: Pace): Promise<RowChecks> {
  const { rows } = table;
  const flags = new Uint16Array(rows.length);
  const excluded = new Set(options.edits.excluded);
  const changed = new Set(options.edits.changed.map(([row]) => row));
  const seen = new FirstSeen(rows.length);
  let usable = 0;
  for (let row = 0; row < rows.length; row++) {
    if (row % 32 === 0 && pace.due) await pace.rest(texts().errors.data.progress.checking, row, rows.length);
    let f = changed.has(row) ? CHANGED : 0;
    const state = rows.state(row);
    if (f === 0 && state !== 'ok') f |= ISSUE_BIT[state];
    if (excluded.has(row)) {
      flags[row] = f | EXCLUDED;
      continue;
    }
    const now = cells(row);
    if (now) {
      const { prompt, completion } = textsOf(now);
      if (completion.trim() === '') f |= ISSUE_BIT.empty;
      else {
        const copy = !windows && seen.at(hashText(`${prompt}\u0000${completion}`), row) !== row;
        if (copy) f |= ISSUE_BIT.duplicate;
        if (!copy || !options.repairs.duplicate) {
          f |= USABLE;
          usable++;
        }
      }
    }
    flags[row] = f;
  }
  return { flags, usable };
}

/** Names of the issues in a row's flags. */
export function issuesOf(flags: number): Issue[] {
  return ISSUES.filter((issue) => (flags & ISSUE_BIT[issue]) !== 0);
}
