/** Looks at every row once: what is wrong with it, and whether it can be used. Nothing is tokenised. */
import { type Issue, ISSUES, type ParsedTable, type PrepareOptions } from '../shared/data';
import { type Message, message } from '../shared/message';
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
  flags: Uint32Array;
  usable: number;
  /** What there is to say of an issue beyond its name: in how many rows, and of the first rows by row. */
  reasons: Reasons;
  /** Speakers of chats that are not known. */
  strangers: string[];
}

/** Why rows have an issue. */
export class Reasons {
  /** By issue: reasons and in how many rows each was met. */
  readonly counts = new Map<Issue, Map<string, { reason: Message; rows: number }>>();
  /** By row: told for the first rows of each issue. */
  readonly told = new Map<number, Message>();

  add(issue: Issue, row: number, reason: Message): void {
    let own = this.counts.get(issue);
    if (!own) this.counts.set(issue, (own = new Map()));
    const key = JSON.stringify(reason);
    const known = own.get(key);
    if (known) known.rows++;
    else if (own.size < MOST_REASONS) own.set(key, { reason, rows: 1 });
    if (this.told.size < TOLD * ISSUES.length && !this.told.has(row)) this.told.set(row, reason);
  }
}

/** Rows that are turned into texts together. */
export const ROWS_AT_ONCE = 32;
/** Rows of an issue whose reason is told, and different reasons that are counted. */
const TOLD = 20;
const MOST_REASONS = 50;
/** Names of unknown speakers that are told. */
const MOST_STRANGERS = 20;

/** Cells of a row as they are now, or null where it cannot be read. */
export type CellsNow = (row: number) => readonly string[] | null;

export function cellsNow(table: ParsedTable, { edits, repairs }: Pick<PrepareOptions, 'edits' | 'repairs'>): CellsNow {
  const changed = new Map(edits.changed);
  return (row) => changed.get(row) ?? cellsOf(table, row, repairs);
}

export interface CheckOptions extends Pick<PrepareOptions, 'edits' | 'repairs'> {
  /** Whether rows are long texts that are cut into windows: then only blank ones are left out. */
  windows: boolean;
  /** Texts of the model's special tokens, which a row may hold as words. */
  marks: readonly string[];
}

/** @throws {Cancelled} */
export async function checkRows(
  table: ParsedTable,
  { options, cells, textsOf, pace }: { options: CheckOptions; cells: CellsNow; textsOf: ToTexts; pace: Pace },
): Promise<RowChecks> {
  const { rows } = table;
  const { windows, repairs } = options;
  const flags = new Uint32Array(rows.length);
  const excluded = new Set(options.edits.excluded);
  const changed = new Set(options.edits.changed.map(([row]) => row));
  const seen = new FirstSeen(rows.length);
  const reasons = new Reasons();
  const strangers = new Set<string>();
  const holdsMark = finderOf(options.marks);
  let usable = 0;
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    if (pace.due) await pace.rest(message('data.progress.checking'), from, rows.length);
    const now = Array.from({ length: Math.min(ROWS_AT_ONCE, rows.length - from) }, (_, k) =>
      excluded.has(from + k) ? null : cells(from + k),
    );
    const made = (await textsOf(now.filter((own) => own !== null))).values();
    for (let k = 0; k < now.length; k++) {
      const row = from + k;
      const state = rows.state(row);
      if (changed.has(row)) flags[row] |= CHANGED;
      else if (state !== 'ok') flags[row] |= ISSUE_BIT[state];
      if (excluded.has(row)) flags[row] |= EXCLUDED;
      if (!now[k]) continue;
      const text = made.next().value!;
      const note = (issue: Issue, reason: Message | null) => {
        flags[row] |= ISSUE_BIT[issue];
        if (reason !== null) reasons.add(issue, row, reason);
      };
      for (const name of text.strangers) if (strangers.size < MOST_STRANGERS) strangers.add(name);
      if (text.parts.length > 0) note('parts', null);
      for (const part of text.parts) reasons.add('parts', row, message(`data.parts.${part}`));
      if (text.noChat !== null || text.problem !== null) {
        note(text.noChat !== null ? 'chat' : 'template', text.noChat ?? text.problem);
        continue;
      }
      if (text.completion.trim() === '') {
        note('empty', text.nothing === null ? null : message(`data.nothing.${text.nothing}`));
        continue;
      }
      if (!text.asked) {
        note('noText', null);
        if (!repairs.noText) continue;
      }
      if (!text.templated && (holdsMark(text.prompt) || holdsMark(text.completion))) note('marks', null);
      if (!windows && seen.at(hashText(`${text.prompt}\u0000${text.completion}`), row) !== row) {
        flags[row] |= ISSUE_BIT.duplicate;
        if (repairs.duplicate) continue;
      }
      flags[row] |= USABLE;
      usable++;
    }
  }
  return { flags, usable, reasons, strangers: [...strangers] };
}

/** Whether a text holds one of many marks; most texts hold not even the sign that they begin with. */
function finderOf(marks: readonly string[]): (text: string) => boolean {
  const byFirst = new Map<string, string[]>();
  for (const mark of marks) if (mark !== '') byFirst.set(mark[0], [...(byFirst.get(mark[0]) ?? []), mark]);
  const all = [...byFirst];
  return (text) => all.some(([first, own]) => text.includes(first) && own.some((mark) => text.includes(mark)));
}

/** Names of the issues in a row's flags. */
export function issuesOf(flags: number): Issue[] {
  return ISSUES.filter((issue) => (flags & ISSUE_BIT[issue]) !== 0);
}
