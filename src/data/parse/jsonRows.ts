/** JSON values → rows of a table. */
import { message } from '../../shared/message';
import { excerpt } from './excerpt';
import { looksLikeHeader } from './header';
import { innerRecord, questionsOf } from './jsonShapes';
import { parseLoosely } from './loose';
import { MAX_ROW_LENGTH, type TableBuilder } from './table';

/** Rows without names that are looked at before it is known whether the first of them are the names. */
const HEAD_LISTS = 100;

export class JsonRows {
  readonly #table: TableBuilder;
  /** Rows without names, until it is decided; null then. */
  #head: { line: number; cells: string[] }[] | null = [];
  #names: string[] = [];

  constructor(table: TableBuilder) {
    this.#table = table;
  }

  /** A record that is too long to be read. @param text its beginning */
  addHuge(line: number, text: string): void {
    this.#table.addLost(
      line,
      text,
      'huge',
      message('data.row.huge', { millions: MAX_ROW_LENGTH >> 20, text: excerpt(text) }),
    );
  }

  /** A comment between records. */
  passComment(line: number): void {
    this.#table.tally('data.json.loose.comment', line);
  }

  /** A record that has not been read yet. */
  addText(line: number, text: string): void {
    const parsed = parseLoosely(text);
    if (!parsed.ok) {
      this.#table.addLost(line, text.trim(), 'syntax', message('data.row.notJson', { why: parsed.reason }));
      return;
    }
    for (const loose of parsed.loose) this.#table.tally(`data.json.loose.${loose}`, line);
    this.addValue(line, parsed.value, text);
  }

  /** @param text as it stands in the file, for what must be said of it */
  addValue(line: number, value: unknown, text: string): void {
    if (typeof value === 'string') this.#table.addNamed(line, [['text', value]]);
    else if (Array.isArray(value)) this.#addList(line, value, text);
    else if (value !== null && typeof value === 'object') {
      const record = innerRecord(value as Record<string, unknown>);
      const questions = questionsOf(record);
      if (questions) for (const question of questions) this.#addObject(line, question, text);
      else this.#addObject(line, record, text);
    } else this.#table.addLost(line, text.trim(), 'syntax', message('data.row.value', { value: String(value) }));
  }

  /** No record follows. */
  end(): void {
    const head = this.#head;
    if (!head) return;
    this.#head = null;
    const header = head.length > 1 && looksLikeHeader(head.map((r) => r.cells)).used;
    if (header) this.#names = head[0].cells;
    for (const { line, cells } of header ? head.slice(1) : head) this.#addCells(line, cells);
  }

  #addObject(line: number, value: object, text: string): void {
    // Object.entries lists own keys only, so `__proto__` and `constructor` are keys like any other.
    const cells = Object.entries(value).map(([key, cell]): [string, string | null] => [key, plainText(cell)]);
    const deep = cells.find(([, cell]) => cell === null);
    if (deep) this.#table.addLost(line, text, 'syntax', message('data.row.deep', { name: excerpt(deep[0]) }));
    else this.#table.addNamed(line, cells as [string, string][]);
  }

  /** A record that is a list: a chat where it is a list of turns or of pairs, else cells in their order. */
  #addList(line: number, list: unknown[], text: string): void {
    if (list.length === 0) this.#table.addLost(line, '[]', 'syntax', message('data.row.list'));
    else if (list.every((v) => typeof v === 'object' && v !== null)) {
      const cell = plainText(list);
      if (cell !== null) this.#table.addNamed(line, [['messages', cell]]);
      else this.#table.addLost(line, text, 'syntax', message('data.row.deepValue'));
    } else {
      const cells = list.map((v) => plainText(v) ?? '');
      if (!this.#head) this.#addCells(line, cells);
      else if (this.#head.push({ line, cells }) >= HEAD_LISTS) this.end();
    }
  }

  #addCells(line: number, cells: readonly string[]): void {
    this.#table.addNamed(
      line,
      cells.map((cell, i): [string, string] => [this.#names[i] || `column ${i + 1}`, cell]),
    );
  }
}

/** A JSON value as one cell; null when it is nested too deeply to write down. */
export function plainText(value: unknown): string | null {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Date) return value.toISOString();
  try {
    return JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v));
  } catch (error) {
    if (error instanceof RangeError) return null; // the call stack ended
    throw error;
  }
}
