/** CSV and TSV → rows, with or without a header line, piece by piece. */
import type { ParsedTable, Quote, ReadChoices } from '../../shared/data';
import { DataError } from '../../shared/errors';
import { message } from '../../shared/message';
import { CsvReader, type CsvRecord } from './csvReader';
import { type Dialect, dialectOf, separatorLine } from './dialect';
import { excerpt } from './excerpt';
import { isHeaderAgain, looksLikeHeader } from './header';
import type { TextParser } from './json';
import { MAX_COLUMNS, type TableBuilder } from './table';

export type TableChoices = Pick<ReadChoices, 'header' | 'separator' | 'quote'>;

/** Text and records that are looked at before separator, quotes, header and width are decided. */
const HEAD_TEXT = 1 << 18;
const HEAD_RECORDS = 1001;
/** Lines above the header (a title, a date) that are passed over at most. */
const MAX_ABOVE = 10;

/**
 * Separator, quote and header are found over the first records, unless a person has chosen them; in `tsv` a tab is the
 * separator where the file holds tabs, and quotes are characters unless its beginning quotes properly. Rows of another
 * width than the header's are kept as they stand, as are lines whose quotes cannot be read.
 */
export class Delimited implements TextParser {
  header: ParsedTable['header'] = null;
  separator = ',';
  quote: Quote = 'double';
  readonly #table: TableBuilder;
  readonly #format: 'csv' | 'tsv';
  readonly #choices: TableChoices;
  #head = '';
  /** Lines before the reader's first one. */
  #skipped = 0;
  #reader: CsvReader | null = null;
  /** Records before header and width are known; null once they are. */
  #first: CsvRecord[] | null = [];
  #width = 0;
  /** The header as it stands; null where there is none. */
  #named: readonly string[] | null = null;

  constructor(table: TableBuilder, format: 'csv' | 'tsv', choices: TableChoices) {
    this.#table = table;
    this.#format = format;
    this.#choices = choices;
  }

  push(text: string): void {
    this.#push(text, false);
  }

  /** @throws {DataError} when there are no rows. */
  end(): void {
    this.#push('', true);
  }

  #push(text: string, last: boolean): void {
    if (this.#reader) {
      this.#records(this.#reader.push(text, last), last);
      return;
    }
    this.#head += text;
    if (this.#head.length < HEAD_TEXT && !last) return;
    const named = this.#choices.separator === 'auto' ? separatorLine(this.#head) : null;
    const head = named ? this.#head.slice(named.length) : this.#head;
    if (named) this.#skipped = 1;
    const dialect = this.#dialect(head, last, named?.separator);
    this.separator = dialect.separator;
    this.quote = dialect.quote;
    this.#reader = new CsvReader(this.separator, this.quote);
    this.#head = '';
    this.#records(this.#reader.push(head, last), last);
  }

  #dialect(head: string, whole: boolean, named: string | undefined): Dialect {
    const quote = this.#choices.quote === 'auto' ? undefined : this.#choices.quote;
    const separator = this.#choices.separator === 'auto' ? named : this.#choices.separator;
    if (this.#format === 'tsv' && separator === undefined && head.includes('\t')) {
      return { separator: '\t', quote: quote ?? (quotesProperly(head) ? 'double' : 'none') };
    }
    return dialectOf(head, whole, { separator, quote });
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
    let lines = this.#first!;
    this.#first = null;
    if (lines.length === 0) throw new DataError(message('data.file.noRows'));
    const above = this.#choices.header === 'no' ? 0 : linesAbove(lines, this.#choices.header === 'yes');
    for (const { line, fields } of lines.slice(0, above))
      this.#table.note(line + this.#skipped, message('data.table.above', { text: excerpt(fields.join(' ').trim()) }));
    lines = lines.slice(above);
    const whole = lines.filter((l) => !l.broken);
    const [first] = lines;
    if (first.broken && this.#choices.header !== 'no' && (this.#choices.header === 'yes' || whole.length === 0)) {
      throw new DataError(
        message('data.table.openQuote', { line: first.line, text: excerpt(first.fields[0]) }),
        first.line,
      );
    }
    this.header =
      this.#choices.header === 'auto'
        ? first.broken
          ? { used: false, why: message('data.header.brokenQuotes') }
          : looksLikeHeader(whole.map((l) => l.fields))
        : { used: this.#choices.header === 'yes', why: message('data.header.chosen') };
    const rows = this.header.used ? withoutRule(lines.slice(1)) : lines;
    let names = this.header.used ? first.fields : null;
    this.#named = names;
    if (names && rowsAreNamed(names, rows)) names = ['row', ...names];
    if (names) names = withoutEmptyEnd(names, rows);
    this.#width = names ? names.length : whole.length === 0 ? first.fields.length : commonWidth(whole);
    if (this.#width > MAX_COLUMNS)
      throw new DataError(message('data.table.manyColumns', { columns: this.#width, most: MAX_COLUMNS }));
    // Named alike in every language, since a mapping that is kept goes by the names.
    const columns = names
      ? this.#names(names, first.line)
      : Array.from({ length: this.#width }, (_, c) => `column ${c + 1}`);
    this.#table.setColumns(columns);
    for (const record of rows) this.#row(record);
  }

  #row({ line, lastLine, fields, broken }: CsvRecord): void {
    const [from, to] = [line + this.#skipped, lastLine + this.#skipped];
    if (broken) {
      this.#table.add(from, fields, { state: 'quote', lastLine: to });
      return;
    }
    if (this.#named && isHeaderAgain(this.#named, fields)) {
      this.#table.tally('data.table.headerAgain', from);
      return;
    }
    while (fields.length > this.#width && fields[fields.length - 1].trim() === '') fields.pop();
    this.#table.add(from, fields.slice(0, MAX_COLUMNS), {
      state: fields.length === this.#width ? 'ok' : 'ragged',
      lastLine: to,
    });
  }

  /**
   * Column names; an empty one is numbered, and so is the second of one name, with a note: which is meant is not ours
   * to guess.
   */
  #names(fields: readonly string[], line: number): string[] {
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
      this.#table.note(line, message('data.table.renamed', { name: excerpt(name), own: excerpt(own) }));
      return own;
    });
  }
}

function commonWidth(lines: readonly CsvRecord[]): number {
  const counts = new Map<number, number>();
  for (const { fields } of lines) counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

const filledOf = (record: CsvRecord) => record.fields.filter((f) => f.trim() !== '').length;

/** How many lines stand above the header: each one text, where the rows have more, and what follows is a header. */
function linesAbove(lines: readonly CsvRecord[], chosen: boolean): number {
  const width = commonWidth(lines);
  if (width < 2 || lines.length < 3) return 0;
  let n = 0;
  while (
    n < Math.min(MAX_ABOVE, lines.length - 2) &&
    !lines[n].broken &&
    ((filledOf(lines[n]) === 1 && lines[n].fields.length < width) || /^\s*(#|\/\/)/.test(lines[n].fields[0]))
  )
    n++;
  if (n === 0 || lines[n].fields.length !== width || rowsAreNamed(lines[0].fields, lines.slice(1))) return 0;
  const rest = lines
    .slice(n)
    .filter((l) => !l.broken)
    .map((l) => l.fields);
  return chosen || looksLikeHeader(rest).used ? n : 0;
}

/** Whether the header is one name short because the rows are named (R writes them so): every first cell is another. */
function rowsAreNamed(names: readonly string[], rows: readonly CsvRecord[]): boolean {
  const whole = rows.filter((r) => !r.broken);
  if (whole.length < 2 || whole.some((r) => r.fields.length !== names.length + 1)) return false;
  const firsts = whole.map((r) => r.fields[0].trim());
  if (new Set(firsts).size !== firsts.length || firsts.includes('')) return false;
  if (firsts.every((f, i) => Number(f) === Number(firsts[0]) + i)) return true;
  // Texts are no names of rows: their own commas have made cells of them.
  return (
    names.length > 1 && firsts.every((f) => f.length <= 30 && f.split(/\s+/).length <= 3 && !/[.!?。！？]$/.test(f))
  );
}

/** Rows without the line of dashes that tables for people have below the header. */
function withoutRule(rows: CsvRecord[]): CsvRecord[] {
  const isRule =
    rows.length > 0 && rows[0].fields.every((f) => /^(:?-{2,}:?)?$/.test(f.trim())) && filledOf(rows[0]) > 0;
  return isRule ? rows.slice(1) : rows;
}

/** Names without the empty ones at the end under which nothing stands. */
function withoutEmptyEnd(names: readonly string[], rows: readonly CsvRecord[]): string[] {
  let width = names.length;
  const empty = (c: number) =>
    names[c].trim() === '' && rows.every((r) => r.broken || (r.fields[c] ?? '').trim() === '');
  while (width > 1 && empty(width - 1)) width--;
  return names.slice(0, width);
}

/**
 * Whether quotes in tab-separated text mean something: tabs or line breaks are quoted, or every quote is well formed.
 */
function quotesProperly(head: string): boolean {
  const filled = head
    .split(/\r?\n/)
    .map((l) => l.split('\t'))
    .filter((fields) => fields.some((f) => f !== ''));
  const opening = filled.flatMap((fields) => fields.filter((f) => f.startsWith('"')));
  if (opening.length === 0) return false;
  const even = filled.every((fields) => fields.length === filled[0].length);
  const isWhole = (field: string) => /^"(?:[^"]|"")*"$/.test(field);
  // A cell that holds a tab and a line break may be two lines of the right width; a quoted header, or doubled quotes,
  // tell.
  const meant = filled[0].every(isWhole) || /[^\s"]""|""[^\s"]/.test(head);
  if (even && !meant && !opening.every(isWhole)) return false;
  const quoted = new CsvReader('\t', 'double')
    .push(head, head.length < HEAD_TEXT)
    .filter((r) => r.fields.some((f) => f !== ''));
  return quoted.every((r) => !r.broken && r.fields.length === quoted[0].fields.length);
}
