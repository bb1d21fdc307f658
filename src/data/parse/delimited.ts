/** CSV and TSV → rows, with or without a header line, piece by piece. */
import type { ParsedTable } from '../../shared/data';
import { DataError } from '../../shared/errors';
import { texts } from '../../shared/texts';
import { CsvReader, type CsvRecord } from './csvReader';
import { excerpt } from './excerpt';
import { looksLikeHeader } from './header';
import type { TextParser } from './json';
import { MAX_COLUMNS, type TableBuilder } from './table';

export type HeaderChoice = 'auto' | 'yes' | 'no';

/** Text and records that are looked at before separator, quotes, header and width are decided. */
const HEAD_TEXT = 1 << 18;
const HEAD_RECORDS = 1001;

/**
 * `csv` finds its separator (comma, semicolon, tab, bar) in the first line; `tsv` is tabs, and quotes are plain
 * characters unless its beginning quotes properly. Rows of another width than the header's are kept as they stand, as
 * are lines whose quotes cannot be read.
 */
export class Delimited implements TextParser {
  header: NonNullable<ParsedTable['header']> = { used: false, why: '' };
  separator: string;
  readonly #table: TableBuilder;
  readonly #format: 'csv' | 'tsv';
  readonly #choice: HeaderChoice;
  #head = '';
  #reader: CsvReader | null = null;
  /** Records before header and width are known; null once they are. */
  #first: CsvRecord[] | null = [];
  #width = 0;

  constructor(table: TableBuilder, format: 'csv' | 'tsv', choice: HeaderChoice) {
    this.#table = table;
    this.#format = format;
    this.#choice = choice;
    this.separator = format === 'tsv' ? '\t' : ',';
  }

  push(text: string): void {
    this.#push(text, false);
  }

  /** @throws {DataError} when there are no rows. */
  end(): void {
    this.#push('', true);
  }

  #push(text: string, last: boolean): void {
    if (!this.#reader) {
      this.#head += text;
      if (this.#head.length < HEAD_TEXT && !last) return;
      if (this.#format === 'csv') this.separator = separatorOf(this.#head);
      this.#reader = new CsvReader(this.separator, this.#format === 'csv' || quotesProperly(this.#head));
      this.#records(this.#reader.push(this.#head, last), last);
      this.#head = '';
    } else this.#records(this.#reader.push(text, last), last);
  }

  #records(records: CsvRecord[], last: boolean): void {
    for (const record of records) {
      if (record.fields.every((f) => f.trim() === '')) continue;
      if (!this.#first) this.#row(record);
      else {
        this.#first.push(record);
        if (this.#first.length >= HEAD_RECORDS) this.#decide();
      }
    }
    if (last && this.#first) this.#decide();
  }

  /** Header, columns and width, from the first records. */
  #decide(): void {
    const lines = this.#first!;
    const t = texts().errors.data;
    this.#first = null;
    if (lines.length === 0) throw new DataError(t.file.noRows);
    const whole = lines.filter((l) => !l.broken);
    if (lines[0].broken && this.#choice !== 'no' && (this.#choice === 'yes' || whole.length === 0)) {
      throw new DataError(t.table.openQuote(lines[0].line, excerpt(lines[0].fields[0])), lines[0].line);
    }
    this.header = this.#choice === 'auto'
      ? lines[0].broken ? { used: false, why: t.header.brokenQuotes } : looksLikeHeader(whole.map((l) => l.fields))
      : { used: this.#choice === 'yes', why: t.header.chosen };
    this.#width = this.header.used || whole.length === 0 ? lines[0].fields.length : commonWidth(whole);
    if (this.#width > MAX_COLUMNS) throw new DataError(t.table.manyColumns(this.#width, MAX_COLUMNS));
    // Named alike in every language, since a mapping that is kept goes by the names.
    this.#table.setColumns(this.header.used ? this.#names(lines[0]) : Array.from({ length: this.#width }, (_, c) => `column ${c + 1}`));
    for (const record of this.header.used ? lines.slice(1) : lines) this.#row(record);
  }

  #row({ line, lastLine, fields, broken }: CsvRecord): void {
    if (broken) {
      this.#table.add(line, fields, 'quote', lastLine);
      return;
    }
    while (fields.length > this.#width && fields[fields.length - 1].trim() === '') fields.pop();
    this.#table.add(line, fields.slice(0, MAX_COLUMNS), fields.length === this.#width ? 'ok' : 'ragged', lastLine);
  }

  /** Column names; an empty one is numbered, and so is the second of one name, with a note: which is meant is not ours to guess. */
  #names({ line, fields }: CsvRecord): string[] {
    const names = fields.map((field, c) => this.#table.repair(field, line).trim() || `column ${c + 1}`);
    const taken = new Set(names);
    const seen = new Set<string>();
    return names.map((name) => {
      if (!seen.has(name)) {
        seen.add(name);
        return name;
      }
      let n = 2;
      while (taken.has(`${name} (${n})`)) n++;
      const own = `${name} (${n})`;
      taken.add(own);
      this.#table.note(line, texts().errors.data.table.renamed(excerpt(name), excerpt(own)));
      return own;
    });
  }
}

function commonWidth(lines: CsvRecord[]): number {
  const counts = new Map<number, number>();
  for (const { fields } of lines) counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** The separator that occurs most often in the first line, outside quotes. */
function separatorOf(text: string): string {
  const counts = new Map([[',', 0], [';', 0], ['\t', 0], ['|', 0]]);
  let quoted = false;
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    else if (c === '\n' && !quoted) break;
    else if (!quoted && counts.has(c)) counts.set(c, counts.get(c)! + 1);
  }
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** Whether quotes in tab-separated text mean something: tabs or line breaks are quoted, or every quote is well formed. */
function quotesProperly(head: string): boolean {
  const filled = head.split(/\r?\n/).map((l) => l.split('\t')).filter((fields) => fields.some((f) => f !== ''));
  const opening = filled.flatMap((fields) => fields.filter((f) => f.startsWith('"')));
  if (opening.length === 0) return false;
  const even = filled.every((fields) => fields.length === filled[0].length);
  const wellFormed = opening.every((f) => /^"(?:[^"]|"")*"$/.test(f));
  if (even && !wellFormed) return false;
  const quoted = new CsvReader('\t', true).push(head, head.length < HEAD_TEXT).filter((r) => r.fields.some((f) => f !== ''));
  return quoted.every((r) => !r.broken && r.fields.length === quoted[0].fields.length);
}
