/** Line-numbered notes that a parser collects, and the point at which it gives up. */
import type { RowProblem } from '../../shared/data';
import { DataError } from '../../shared/errors';

/** Rows that cannot be read are skipped up to this share of the file. */
export const MAX_BROKEN_SHARE = 0.2;
/** Notes kept in full; the rest is only counted. */
const MAX_NOTES = 200;

/** The beginning of a text, on one line, for messages. */
export function excerpt(text: string, length = 60): string {
  // Control characters would break the line or hide the rest of it.
  const flat = text.slice(0, length).replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim();
  return text.length > length ? `${flat}…` : flat;
}

export class Problems {
  #notes: RowProblem[] = [];
  #more = 0;
  #skipped = 0;
  #first: RowProblem | null = null;

  /** Something was repaired or is worth knowing; the row stays. */
  note(line: number, message: string): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push({ line, message });
    else this.#more++;
  }

  /** The row is left out. */
  skip(line: number, message: string): void {
    this.#skipped++;
    this.#first ??= { line, message };
    this.note(line, `skipped: ${message}`);
  }

  /**
   * Ends the parse.
   * @param total rows seen, skipped ones included.
   * @throws {DataError} naming the first broken line when more than a fifth of the rows was skipped.
   */
  finish(total: number): RowProblem[] {
    if (this.#first && this.#skipped > total * MAX_BROKEN_SHARE) {
      throw new DataError(
        `${this.#skipped} of ${total} rows cannot be read. The first is on line ${this.#first.line}: ${this.#first.message}.`,
        'Correct that line, or check that this is the kind of file you meant.',
        this.#first.line,
      );
    }
    const notes = this.#notes.slice();
    if (this.#more > 0) notes.push({ line: notes[notes.length - 1].line, message: `… and ${this.#more} more notes` });
    return notes;
  }
}
