/** JSON lines and JSON arrays → rows. Both become (line, piece) pairs first, so that a broken piece costs only itself. */
import { DataError } from '../../shared/errors';
import { excerpt, Problems } from './problems';
import { RowTable, type Rows } from './rows';

interface Piece {
  line: number;
  text: string;
}

/** One JSON object (or string) per line. Blank lines are passed over, broken ones skipped and counted. */
export function parseJsonLines(text: string): Rows {
  const pieces: Piece[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() !== '') pieces.push({ line: i + 1, text: line });
  });
  return fromPieces(pieces, new Problems());
}

/**
 * A JSON array of objects (or strings).
 * @throws {DataError} with the line of the first record, when too many cannot be read.
 */
export function parseJsonArray(text: string): Rows {
  const problems = new Problems();
  return fromPieces(splitArray(text, problems), problems);
}

/** Whether the text is one JSON object over several lines, and so neither a list nor JSON lines. */
export function isOneObject(text: string): boolean {
  const start = text.trim();
  return start.startsWith('{') && start.includes('\n') && parseJson(start).ok;
}

/**
 * Cuts a (possibly damaged) JSON array at its top-level commas, minding strings and brackets.
 * The pieces are whole when the array is; a piece that is not is found when it is parsed.
 * @throws {DataError} when the array is never closed.
 */
function splitArray(text: string, problems: Problems): Piece[] {
  const pieces: Piece[] = [];
  let depth = 0;
  let inString = false;
  let start = -1;
  let line = 1;
  let startLine = 1;
  let closed = false;
  const push = (end: number) => {
    if (start >= 0) pieces.push({ line: startLine, text: text.slice(start, end) });
    start = -1;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\n') line++;
    if (closed) {
      if (c.trim() === '') continue;
      problems.skip(line, `text after the end of the array: ${excerpt(text.slice(i, i + 80))}`);
      break;
    }
    if (depth >= 1 && start < 0 && c.trim() !== '' && c !== ',' && !(depth === 1 && c === ']')) {
      start = i;
      startLine = line;
    }
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '[' || c === '{') depth++;
    else if (c === ']' || c === '}') {
      depth--;
      if (depth === 0) {
        push(i);
        closed = true;
      }
    } else if (c === ',' && depth === 1) push(i);
  }
  if (!closed) {
    throw new DataError(
      `The JSON array is never closed: the file seems to be cut off on line ${line}, after ${pieces.length} ${pieces.length === 1 ? 'record' : 'records'}.`,
      'Get the whole file, or end it with ] after the last whole record.',
      line,
    );
  }
  return pieces;
}

function fromPieces(pieces: Piece[], problems: Problems): Rows {
  const table = new RowTable();
  for (const { line, text } of pieces) {
    const parsed = parseJson(text);
    if (!parsed.ok) {
      problems.skip(line, `not valid JSON: ${excerpt(text)}`);
      continue;
    }
    const value = parsed.value;
    if (typeof value === 'string') {
      table.add(line, [['text', value]], problems);
    } else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      // Object.entries lists own keys only, so `__proto__` and `constructor` are keys like any other.
      const cells = Object.entries(value).map(([key, cell]): [string, string | null] => [key, plainText(cell)]);
      const deep = cells.find(([, cell]) => cell === null);
      if (deep) problems.skip(line, `“${excerpt(deep[0])}” is nested too deeply`);
      else table.add(line, cells as [string, string][], problems);
    } else {
      problems.skip(line, `${Array.isArray(value) ? 'a list' : String(value)} instead of an object with named values`);
    }
  }
  return { ...table.rows(), problems: problems.finish(pieces.length) };
}

/** A JSON value as one cell; null when it is nested too deeply to write down. */
function plainText(value: unknown): string | null {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return null; // the call stack ended
    throw error;
  }
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return { ok: false };
    throw error;
  }
}
