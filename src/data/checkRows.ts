/** Looks at every row once: what is wrong with it, and whether it can be used. Nothing is tokenised. */
import { type Issue, ISSUES, type ParsedTable, type PrepareOptions } from '../shared/data';
import { texts } from '../shared/texts';
import { FirstSeen, hashText } from './hash';
import type { Pace } from './pace';
import { cellsOf } from './repair';
import type { ToTexts } from './texts';

/** Bits of a row's flags: one for every issue, then these. */
export const ISSUE_BIT = Object.fromEntries(ISSUES.map((issue, i) => [issue, 1 << i])) as Record<Issue, number>;
export const EXCLUDED = 1 << ISSUES.length;
export const CHANGED = 1 << (ISSUES.length + 1);
export const USABLE = 1 << (ISSUES.length + 2);

export interface RowChecks {
  /** By row. */
  flags: Uint16Array;
  usable: number;
  /** Of the first rows that a chat template does not take: its own words. */
  problems: ReadonlyMap<number, string>;
}

/** Rows that are turned into texts together. */
export const ROWS_AT_ONCE = 32;
/** Rows whose problem is told in the template's own words. */
const TOLD = 20;

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
export async function checkRows(table: ParsedTable, options: PrepareOptions, cells: CellsNow, textsOf: ToTexts, windows: boolean, pace: Pace): Promise<RowChecks> {
  const { rows } = table;
  const flags = new Uint16Array(rows.length);
  const excluded = new Set(options.edits.excluded);
  const changed = new Set(options.edits.changed.map(([row]) => row));
  const seen = new FirstSeen(rows.length);
  const problems = new Map<number, string>();
  let usable = 0;
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    if (pace.due) await pace.rest(texts().errors.data.progress.checking, from, rows.length);
    const now = Array.from({ length: Math.min(ROWS_AT_ONCE, rows.length - from) }, (_, k) => (excluded.has(from + k) ? null : cells(from + k)));
    const made = (await textsOf(now.filter((own) => own !== null))).values();
    for (let k = 0; k < now.length; k++) {
      const row = from + k;
      const state = rows.state(row);
      if (changed.has(row)) flags[row] |= CHANGED;
      else if (state !== 'ok') flags[row] |= ISSUE_BIT[state];
      if (excluded.has(row)) flags[row] |= EXCLUDED;
      if (!now[k]) continue;
      const { prompt, completion, problem } = made.next().value!;
      if (problem !== null) {
        flags[row] |= ISSUE_BIT.template;
        if (problems.size < TOLD) problems.set(row, problem);
        continue;
      }
      if (completion.trim() === '') {
        flags[row] |= ISSUE_BIT.empty;
        continue;
      }
      if (!windows && seen.at(hashText(`${prompt}\u0000${completion}`), row) !== row) {
        flags[row] |= ISSUE_BIT.duplicate;
        if (options.repairs.duplicate) continue;
      }
      flags[row] |= USABLE;
      usable++;
    }
  }
  return { flags, usable, problems };
}

/** Names of the issues in a row's flags. */
export function issuesOf(flags: number): Issue[] {
  return ISSUES.filter((issue) => (flags & ISSUE_BIT[issue]) !== 0);
}
