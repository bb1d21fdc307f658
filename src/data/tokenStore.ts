/** The kept tokens of every example, in pages of typed arrays. */
import type { TokenSet } from '../shared/types';
import { type Example, keptTokens, tokenState } from './examples';
import { Growing } from './growing';

/** Tokens in a page; an example never straddles two. */
export const TOKEN_PAGE = 1 << 18;
/** Tokens in the first page, as long as no example is longer: most sets are small. */
const FIRST_PAGE = 1 << 13;

export class TokenStore {
  #ids: Int32Array[] = [];
  #supervised: Uint8Array[] = [];
  #used = 0;
  #tokens = 0;
  #trained = 0;
  readonly #start = new Growing(new Uint32Array(256));
  readonly #kept = new Growing(new Uint32Array(256));
  readonly #total = new Growing(new Uint32Array(256));
  readonly #lost = new Growing(new Uint8Array(256));
  readonly #row = new Growing(new Uint32Array(256));

  get length(): number {
    return this.#row.length;
  }

  /** Kept tokens of all examples, and how many of them are targets. */
  get tokens(): number {
    return this.#tokens;
  }

  get trained(): number {
    return this.#trained;
  }

  /**
   * Keeps what an example keeps.
   * @param row the table's row it comes from.
   * @param lostPrompt whether it had a prompt of which nothing is kept.
   */
  add(row: number, e: Example, lostPrompt: boolean): void {
    const kept = keptTokens(e);
    const page = this.#room(kept);
    let at = this.#used;
    for (let p = 0; p < e.ids.length; p++) {
      const state = tokenState(e, p);
      if (state === 'truncated') continue;
      this.#ids[page][at] = e.ids[p];
      if (state === 'trained') {
        this.#supervised[page][at] = 1;
        this.#trained++;
      }
      at++;
    }
    this.#note({ page, row, kept, total: e.ids.length, lostPrompt });
  }

  /** Takes over an example of another store. */
  copy(from: TokenStore, example: number): void {
    const ids = from.ids(example);
    const supervised = from.supervised(example);
    const page = this.#room(ids.length);
    this.#ids[page].set(ids, this.#used);
    this.#supervised[page].set(supervised, this.#used);
    for (const s of supervised) this.#trained += s;
    this.#note({
      page,
      row: from.row(example),
      kept: ids.length,
      total: from.total(example),
      lostPrompt: from.lostPrompt(example),
    });
  }

  /** The page with room for an example, at `#used`. */
  #room(kept: number): number {
    if (this.#used + kept > (this.#ids.at(-1)?.length ?? 0)) {
      const length = this.#ids.length === 0 ? Math.max(kept, FIRST_PAGE) : TOKEN_PAGE;
      this.#ids.push(new Int32Array(length));
      this.#supervised.push(new Uint8Array(length));
      this.#used = 0;
    }
    return this.#ids.length - 1;
  }

  #note({
    page,
    row,
    kept,
    total,
    lostPrompt,
  }: {
    page: number;
    row: number;
    kept: number;
    total: number;
    lostPrompt: boolean;
  }): void {
    this.#start.push(page * TOKEN_PAGE + this.#used);
    this.#kept.push(kept);
    this.#total.push(total);
    this.#row.push(row);
    this.#lost.push(lostPrompt ? 1 : 0);
    this.#used += kept;
    this.#tokens += kept;
  }

  lostPrompt(example: number): boolean {
    return this.#lost.at(example) === 1;
  }

  row(example: number): number {
    return this.#row.at(example);
  }

  /** Tokens before it was cut. */
  total(example: number): number {
    return this.#total.at(example);
  }

  kept(example: number): number {
    return this.#kept.at(example);
  }

  ids(example: number): Int32Array {
    const [page, at, n] = this.#place(example);
    return this.#ids[page].subarray(at, at + n);
  }

  supervised(example: number): Uint8Array {
    const [page, at, n] = this.#place(example);
    return this.#supervised[page].subarray(at, at + n);
  }

  /** Some examples, in the order given, as a set of their own. */
  set(examples: ArrayLike<number>): TokenSet {
    const offsets = new Uint32Array(examples.length + 1);
    for (let i = 0; i < examples.length; i++) offsets[i + 1] = offsets[i] + this.kept(examples[i]);
    const ids = new Int32Array(offsets[examples.length]);
    const supervised = new Uint8Array(ids.length);
    for (let i = 0; i < examples.length; i++) {
      ids.set(this.ids(examples[i]), offsets[i]);
      supervised.set(this.supervised(examples[i]), offsets[i]);
    }
    return { ids, offsets, supervised };
  }

  #place(example: number): [page: number, at: number, n: number] {
    const start = this.#start.at(example);
    return [Math.floor(start / TOKEN_PAGE), start % TOKEN_PAGE, this.#kept.at(example)];
  }
}
