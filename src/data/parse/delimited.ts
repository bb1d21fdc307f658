/** CSV and TSV → rows, with or without a header line. */
import Papa from 'papaparse';
import { DataError } from '../../shared/errors';
import { excerpt, Problems } from './problems';
import { checkSize, MAX_COLUMNS, repairText, type Rows } from './rows';
import { looksLikeHeader } from './header';

export type HeaderChoice = 'auto' | 'yes' | 'no';

interface Line {
  line: number;
  fields: string[];
}

/**
 * Parses delimited text. Ragged rows are skipped and counted, with a note each.
 * @param format `csv` finds its separator (comma, semicolon, tab, bar) in the first line; `tsv` is tabs, and quotes are
 *   plain characters unless the whole file quotes properly.
 * @throws {DataError} on an unclosed quote (with the line that opens it), when two columns have one name, or when too many rows are ragged.
 */
export function parseDelimited(text: string, format: 'csv' | 'tsv', choice: HeaderChoice): Rows & { header: { used: boolean; why: string } } {
  const lines = (format === 'tsv' ? tabLines(text) : quotedLines(text, separatorOf(text))).filter((l) => l.fields.some((f) => f.trim() !== ''));
  if (lines.length === 0) throw new DataError('The file has no rows.', 'Choose a file with at least 2 examples.');
  const header = choice === 'auto' ? looksLikeHeader(lines.map((l) => l.fields)) : { used: choice === 'yes', why: 'as you chose' };
  const body = header.used ? lines.slice(1) : lines;
  const problems = new Problems();
  const width = header.used ? lines[0].fields.length : commonWidth(lines);
  if (width > MAX_COLUMNS) throw new DataError(`The table has ${width} columns; at most ${MAX_COLUMNS} are read.`, 'Keep only the columns that hold text to learn from.');
  const columns = header.used ? columnNames(lines[0], problems) : Array.from({ length: width }, (_, c) => `column ${c + 1}`);
  const rows: string[][] = [];
  for (const { line, fields } of body) {
    while (fields.length > width && fields[fields.length - 1].trim() === '') fields.pop();
    if (fields.length !== width) {
      problems.skip(line, `${fields.length} ${fields.length === 1 ? 'field' : 'fields'} instead of ${width}: ${excerpt(fields.join(' | '))}`);
      continue;
    }
    rows.push(fields.map((f) => repairText(f, line, problems)));
    checkSize(rows.length, width);
  }
  return { columns, rows, problems: problems.finish(body.length), header };
}

/**
 * Column names; an empty one is numbered.
 * @throws {DataError} when two columns have one name: which of them is meant is not ours to guess.
 */
function columnNames({ line, fields }: Line, problems: Problems): string[] {
  const names = fields.map((field, c) => repairText(field, line, problems).trim() || `column ${c + 1}`);
  const twice = names.find((name, c) => names.indexOf(name) < c);
  if (twice !== undefined) {
    throw new DataError(`Two columns are called “${excerpt(twice)}”: ${excerpt(names.join(' | '))}`, 'Rename one of them in the first line, or say that the first line is no header.', line);
  }
  return names;
}

function commonWidth(lines: Line[]): number {
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

/** Lines of a file in which quotes mean something, by papaparse. */
function quotedLines(text: string, delimiter: string): Line[] {
  const lines: Line[] = [];
  let line = 1;
  let cursor = 0;
  const countTo = (end: number) => {
    for (; cursor < end; cursor++) {
      if (text[cursor] === '\n' || (text[cursor] === '\r' && text[cursor + 1] !== '\n')) line++;
    }
  };
  Papa.parse<string[]>(text, {
    delimiter,
    step: ({ data, errors, meta }) => {
      const quote = errors.find((e) => e.type === 'Quotes');
      if (quote) {
        const what = quote.code === 'MissingQuotes' ? 'opens a quote that is never closed' : 'has a quote in the middle of a quoted field';
        throw new DataError(`Line ${line} ${what}: ${excerpt(data.join(delimiter))}`, 'Close the quote, or write a quote inside a quoted field twice ("").', line);
      }
      lines.push({ line, fields: data });
      countTo(meta.cursor);
    },
  });
  return lines;
}

/** Lines of a tab-separated file. Quotes are characters, unless tabs or line breaks are quoted, or every quote is well formed. */
function tabLines(text: string): Line[] {
  const plain: Line[] = text.split(/\r\n|\n|\r/).map((l, i) => ({ line: i + 1, fields: l.split('\t') }));
  const filled = plain.filter((l) => l.fields.some((f) => f !== ''));
  const opening = filled.flatMap((l) => l.fields.filter((f) => f.startsWith('"')));
  if (opening.length === 0) return plain;
  const even = filled.every((l) => l.fields.length === filled[0].fields.length);
  const wellFormed = opening.every((f) => /^"(?:[^"]|"")*"$/.test(f));
  if (even && !wellFormed) return plain;
  try {
    const quoted = quotedLines(text, '\t').filter((l) => l.fields.some((f) => f !== ''));
    return quoted.every((l) => l.fields.length === quoted[0].fields.length) ? quoted : plain;
  } catch (error) {
    if (error instanceof DataError) return plain; // its quotes do not close, so they are plain characters
    throw error;
  }
}
