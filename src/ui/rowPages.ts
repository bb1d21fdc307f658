/** Pages of a long list that the data worker holds, asked for as they come into sight, one question at a time. */
import type { ListedRow } from '../shared/data';

const PAGE = 100;

export type AskRows = (from: number, count: number) => Promise<{ total: number; rows: ListedRow[] } | null>;

export class RowPages {
  /** How many rows match; 0 until the first answer. */
  total = 0;
  /** Which state of the data this lists. */
  readonly version: number;
  readonly #ask: AskRows;
  readonly #pages = new Map<number, ListedRow[]>();
  #busy = false;
  #wanted: [first: number, last: number] = [0, 0];

  constructor(ask: AskRows, version: number) {
    this.#ask = ask;
    this.version = version;
  }

  at(index: number): ListedRow | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /**
   * Asks for what is missing between two rows.
   * @returns whether there is something new to show; false also where an earlier question is still open, whose asker
   *   will then fetch these, too.
   */
  async need(first: number, last: number): Promise<boolean> {
    this.#wanted = [Math.floor(first / PAGE), Math.floor(last / PAGE)];
    if (this.#busy) return false;
    this.#busy = true;
    let news = false;
    try {
      for (let page = this.#missing(); page !== null; page = this.#missing()) {
        const answer = await this.#ask(page * PAGE, PAGE);
        if (!answer) break;
        this.total = answer.total;
        this.#pages.set(page, answer.rows);
        news = true;
      }
    } finally {
      this.#busy = false;
    }
    return news;
  }

  #missing(): number | null {
    for (let page = this.#wanted[0]; page <= this.#wanted[1]; page++) if (!this.#pages.has(page)) return page;
    return null;
  }
}
