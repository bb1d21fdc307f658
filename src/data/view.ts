/** The table as a person looks through it: filtered, searched, row by row. Works before anything was tokenised, too. */
import type { ListedRow, LostRow, Mapping, ParsedTable, RowDetail, RowFilter, RowQuery } from '../shared/data';
import { type Message, message } from '../shared/message';
import type { Tokenizer } from '../shared/types';
import { CHANGED, EXCLUDED, ISSUE_BIT, issuesOf, USABLE } from './checkRows';
import { Growing } from './growing';
import type { Pace } from './pace';
import { lostRow } from './parse/table';
import type { Prepared } from './prepare';

/** Characters of a text that a list shows, and that a detail does. */
const LISTED = 200;
const DETAILED = 200_000;

const NONE = 0xffffffff;

export class TableView {
  readonly #table: ParsedTable;
  readonly #mapping: Mapping;
  readonly #prepared: Prepared;
  /** Null for pictures. */
  readonly #tokenizer: Tokenizer | null;
  /** By row: its example, or NONE; null where items are windows, which are the examples. */
  readonly #exampleOf: Uint32Array | null;
  #found: { key: string; items: Uint32Array } | null = null;

  constructor(table: ParsedTable, mapping: Mapping, prepared: Prepared, tokenizer: Tokenizer | null) {
    this.#table = table;
    this.#mapping = mapping;
    this.#prepared = prepared;
    this.#tokenizer = tokenizer;
    const { tokens, windows } = prepared;
    if (windows) this.#exampleOf = null;
    else {
      this.#exampleOf = new Uint32Array(table.rows.length).fill(NONE);
      for (let i = 0; i < tokens.length; i++) this.#exampleOf[tokens.row(i)] = i;
    }
  }

  /**
   * Items that match, from … from+count, and how many match in all.
   * @throws {Cancelled}
   */
  async list({ from, count, ...asked }: RowQuery, pace: Pace): Promise<{ total: number; rows: ListedRow[] }> {
    const key = JSON.stringify([asked.filter, asked.search, asked.also]);
    if (this.#found?.key !== key) this.#found = { key, items: await this.#find(asked, pace) };
    const { items } = this.#found;
    return { total: items.length, rows: Array.from(items.subarray(from, from + count), (item) => this.#listed(item)) };
  }

  async detail(item: number): Promise<RowDetail | null> {
    const count = this.#exampleOf?.length ?? this.#prepared.tokens.length;
    if (!(item >= 0 && item < count)) return null;
    const row = this.#row(item);
    const example = this.#example(item);
    const now = this.#exampleOf && this.#prepared.cells(row);
    const { cells, lost } = this.#exampleOf && !now ? this.#raw(row) : { cells: now, lost: null };
    return {
      item,
      line: this.#table.rows.line(row),
      lost,
      cells: cells ? this.#table.columns.map((_, c) => (cells[c] ?? '').slice(0, DETAILED)) : null,
      example: example === null ? null : (await this.#prepared.preview(example, 1))[0],
      prompt: this.#mapping.kind === 'chat' && example !== null ? await this.#prepared.prompt(row) : null,
      issues: issuesOf(this.#prepared.flags[row]),
    };
  }

  /** Rows that cannot be read, in their order. */
  lost(): LostRow[] {
    const { rows } = this.#table;
    const found: LostRow[] = [];
    for (let row = 0; row < rows.length; row++) {
      const { lost } = this.#raw(row);
      if (lost) found.push({ row, why: lost });
    }
    return found;
  }

  /**
   * Every row that is not used, as JSON lines: { line, reasons, why?, row }.
   * @param why words of `lost`, in its order
   */
  async *rejected(why: readonly string[], pace: Pace): AsyncGenerator<string> {
    const { flags, cells } = this.#prepared;
    let told = 0;
    for (let row = 0; row < flags.length; row++) {
      if (row % 32 === 0 && pace.due) await pace.rest(message('data.progress.collecting'), row, flags.length);
      const f = flags[row];
      const { cells: raw, lost } = this.#raw(row);
      const words = lost ? { why: why[told++] } : {};
      const reasons: string[] = issuesOf(f);
      if (f & EXCLUDED) reasons.push('excluded by hand');
      if (f & USABLE) continue;
      const now = cells(row);
      const content = now ? Object.fromEntries(this.#table.columns.map((name, c) => [name, now[c] ?? ''])) : raw;
      yield `${JSON.stringify({ line: this.#table.rows.line(row), reasons, ...words, row: content })}\n`;
    }
  }

  async #find(
    { filter, search, also }: Pick<RowQuery, 'filter' | 'search' | 'also'>,
    pace: Pace,
  ): Promise<Uint32Array> {
    const wanted = search.toLowerCase();
    // An item is a row where rows can be lost.
    const told = new Set(this.#exampleOf ? also : []);
    const count = this.#exampleOf?.length ?? this.#prepared.tokens.length;
    const found = new Growing(new Uint32Array(1024));
    for (let item = 0; item < count; item++) {
      if (item % 64 === 0 && pace.due) await pace.rest(message('data.progress.searching'), item, count);
      if (
        this.#matches(item, filter) &&
        (wanted === '' || told.has(item) || this.#texts(item).some((t) => t.toLowerCase().includes(wanted)))
      )
        found.push(item);
    }
    return found.view();
  }

  #matches(item: number, filter: RowFilter): boolean {
    const f = this.#prepared.flags[this.#row(item)];
    const example = this.#example(item);
    switch (filter) {
      case 'all':
        return true;
      case 'train':
        return example !== null && !this.#prepared.isValidation(example);
      case 'validation':
        return example !== null && this.#prepared.isValidation(example);
      case 'unused':
        return example === null;
      case 'excluded':
        return (f & EXCLUDED) !== 0;
      case 'changed':
        return (f & CHANGED) !== 0;
      default:
        return (f & ISSUE_BIT[filter]) !== 0;
    }
  }

  #listed(item: number): ListedRow {
    const row = this.#row(item);
    const f = this.#prepared.flags[row];
    const example = this.#example(item);
    return {
      item,
      line: this.#table.rows.line(row),
      texts: this.#texts(item).map((t) => t.slice(0, LISTED)),
      picture: example === null ? null : (this.#prepared.pictures?.listed(example) ?? null),
      lost: this.#exampleOf && !this.#prepared.cells(item) ? this.#raw(item).lost : null,
      tokens: example === null ? null : this.#prepared.tokens.total(example),
      issues: issuesOf(f),
      side: example === null ? null : this.#prepared.isValidation(example) ? 'validation' : 'train',
      excluded: (f & EXCLUDED) !== 0,
      changed: (f & CHANGED) !== 0,
    };
  }

  /** The row's cells as they stand in the file; of one that cannot be read its beginning, and why. */
  #raw(row: number): { cells: string[]; lost: Message | null } {
    const cells = this.#table.rows.cells(row);
    const state = this.#table.rows.state(row);
    if (state !== 'syntax' && state !== 'huge') return { cells, lost: null };
    const { text, why } = lostRow(cells);
    return { cells: [text], lost: why };
  }

  #row(item: number): number {
    return this.#exampleOf ? item : this.#prepared.tokens.row(item);
  }

  #example(item: number): number | null {
    if (!this.#exampleOf) return item;
    return this.#exampleOf[item] === NONE ? null : this.#exampleOf[item];
  }

  #texts(item: number): string[] {
    if (!this.#exampleOf) return [this.#tokenizer!.decode(this.#prepared.tokens.ids(item))];
    const now = this.#prepared.cells(item);
    if (!now) return [this.#raw(item).cells.join(' | ')];
    return Object.values(this.#mapping.roles).flatMap((name) => {
      const c = name === null ? -1 : this.#table.columns.indexOf(name);
      return c < 0 ? [] : [now[c] ?? ''];
    });
  }
}
