/**
 * JSON as programs write it that do not quite write JSON: NaN, a comma too much, Python's literals. And why a text is
 * none.
 */
import { type Message, message } from '../../shared/message';
import { excerpt } from './excerpt';

/** What of a text was no JSON and could be read all the same. */
type Looseness = 'nan' | 'comma' | 'python' | 'lineBreak' | 'comment' | 'bareKey';

export type LooseJson = { ok: true; value: unknown; loose: readonly Looseness[] } | { ok: false; reason: Message };

const DEEPEST = 500;

/** Reads JSON; what is not quite JSON is read as what was meant. The reason of a failure says where it is. */
export function parseLoosely(text: string): LooseJson {
  try {
    return { ok: true, value: JSON.parse(text) as unknown, loose: [] };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  }
  const reader = new Reader(text);
  try {
    const value = reader.all();
    return { ok: true, value, loose: [...reader.loose] };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    const from = Math.max(0, error.at - 24);
    return {
      ok: false,
      reason: message('data.json.at', {
        why: error.why,
        place: error.at + 1,
        text: `${from > 0 ? '…' : ''}${excerpt(text.slice(from), 60)}`,
      }),
    };
  }
}

class Broken extends Error {
  readonly why: Message;
  readonly at: number;

  constructor(why: Message, at: number) {
    super(why.code);
    this.why = why;
    this.at = at;
  }
}

const WORDS = new Map<string, { value: unknown; loose: Looseness | null }>([
  ['true', { value: true, loose: null }],
  ['false', { value: false, loose: null }],
  ['null', { value: null, loose: null }],
  ['NaN', { value: null, loose: 'nan' }],
  ['nan', { value: null, loose: 'nan' }],
  ['Infinity', { value: null, loose: 'nan' }],
  ['inf', { value: null, loose: 'nan' }],
  ['undefined', { value: null, loose: 'nan' }],
  ['True', { value: true, loose: 'python' }],
  ['False', { value: false, loose: 'python' }],
  ['None', { value: null, loose: 'python' }],
]);
const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  '\n': '',
};

class Reader {
  readonly loose = new Set<Looseness>();
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): unknown {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail(message('data.json.more'));
    return value;
  }

  #fail(why: Message, at = this.#at): never {
    throw new Broken(why, at);
  }

  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === 0x20 || (c >= 0x09 && c <= 0x0d) || c === 0x1e || c === 0xfeff || c === 0xa0) this.#at++;
      else if (c === 0x2f && (this.#text[this.#at + 1] === '/' || this.#text[this.#at + 1] === '*')) {
        const line = this.#text[this.#at + 1] === '/';
        const end = this.#text.indexOf(line ? '\n' : '*/', this.#at + 2);
        this.#at = end < 0 ? this.#text.length : end + (line ? 1 : 2);
        this.loose.add('comment');
      } else return;
    }
  }

  #value(): unknown {
    this.#space();
    const c = this.#text[this.#at];
    if (c === undefined) this.#fail(message('data.json.end'));
    if (c === '"' || c === "'") return this.#string(c);
    if (c === '{' || c === '[' || c === '(') {
      if (++this.#depth > DEEPEST) this.#fail(message('data.json.deep'));
      const value = c === '{' ? this.#object() : this.#list(c === '(' ? ')' : ']');
      this.#depth--;
      return value;
    }
    const word = /[-+]?[\w.+-]+/y;
    word.lastIndex = this.#at;
    const found = word.exec(this.#text)?.[0];
    if (found === undefined)
      this.#fail(
        c === ',' || c === '}' || c === ']'
          ? message('data.json.noValue', { sign: c })
          : message('data.json.unexpected', { text: c }),
      );
    if (found === 'array' && this.#text[this.#at + found.length] === '(') return this.#array(found.length + 1);
    const known = WORDS.get(found.replace(/^[-+]/, ''));
    if (known) {
      if (known.loose) this.loose.add(known.loose);
      this.#at += found.length;
      return known.value;
    }
    if (!/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(found))
      this.#fail(message('data.json.unexpected', { text: excerpt(found, 20) }));
    this.#at += found.length;
    return Number(found);
  }

  /** NumPy's `array([…], dtype=object)`. */
  #array(length: number): unknown {
    this.loose.add('python');
    this.#at += length;
    if (++this.#depth > DEEPEST) this.#fail(message('data.json.deep'));
    const value = this.#value();
    this.#depth--;
    const tail = /\s*(,\s*dtype=[\w.<>'"]+\s*)?\)/y;
    tail.lastIndex = this.#at;
    const found = tail.exec(this.#text)?.[0];
    if (found === undefined) this.#fail(message('data.json.openList'));
    this.#at += found.length;
    return value;
  }

  #object(): Record<string, unknown> {
    // Without a prototype: `__proto__` is a key like any other.
    const entries: [string, unknown][] = [];
    this.#at++;
    for (;;) {
      this.#space();
      const c = this.#text[this.#at];
      if (c === '}') break;
      if (c === undefined) this.#fail(message('data.json.openObject'));
      const key = c === '"' || c === "'" ? this.#string(c) : this.#bareKey(c);
      this.#space();
      if (this.#text[this.#at] !== ':')
        this.#fail(this.#text[this.#at] === undefined ? message('data.json.openObject') : message('data.json.noColon'));
      this.#at++;
      entries.push([key, this.#value()]);
      this.#comma('}', message('data.json.openObject'));
    }
    this.#at++;
    return Object.fromEntries(entries);
  }

  /** A name without quotes, as JavaScript allows it. */
  #bareKey(c: string): string {
    const word = /[\p{L}_$][\p{L}\p{N}_$]*(?=\s*:)/uy;
    word.lastIndex = this.#at;
    const found = word.exec(this.#text)?.[0];
    if (found === undefined)
      this.#fail(c === ',' ? message('data.json.noValue', { sign: c }) : message('data.json.noKey'));
    this.loose.add('bareKey');
    this.#at += found.length;
    return found;
  }

  #list(close: string): unknown[] {
    const values: unknown[] = [];
    if (close === ')') this.loose.add('python');
    this.#at++;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] === close) break;
      if (this.#text[this.#at] === undefined) this.#fail(message('data.json.openList'));
      values.push(this.#value());
      this.#comma(close, message('data.json.openList'));
    }
    this.#at++;
    return values;
  }

  /** The comma behind an entry, unless the list ends there. NumPy writes records of a list without. */
  #comma(close: string, open: Message): void {
    this.#space();
    const c = this.#text[this.#at];
    if (c === close) return;
    if (c === ',') {
      this.#at++;
      this.#space();
      if (this.#text[this.#at] === close) this.loose.add('comma');
      return;
    }
    if (c === '{' && this.#text.slice(0, this.#at).trimEnd().endsWith('}')) {
      this.loose.add('comma');
      return;
    }
    this.#fail(c === undefined ? open : message('data.json.noComma', { sign: c }));
  }

  #string(quote: string): string {
    const start = this.#at++;
    if (quote === "'") this.loose.add('python');
    let out = '';
    for (let from = this.#at; ; this.#at++) {
      const c = this.#text[this.#at];
      if (c === undefined) this.#fail(message('data.json.openString'), start);
      if (c !== quote && c !== '\\') {
        if (c === '\n') this.loose.add('lineBreak');
        continue;
      }
      out += this.#text.slice(from, this.#at);
      if (c === quote) {
        this.#at++;
        return out;
      }
      const e = this.#text[++this.#at];
      const wide = e === 'u' ? 4 : e === 'x' ? 2 : e === 'U' ? 8 : 0;
      if (wide > 0) {
        const hex = this.#text.slice(this.#at + 1, this.#at + 1 + wide);
        const point = parseInt(hex, 16);
        if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < wide || point > 0x10ffff)
          this.#fail(message('data.json.escape'));
        out += wide === 4 ? String.fromCharCode(point) : String.fromCodePoint(point);
        this.#at += wide;
      } else if (e !== undefined && Object.hasOwn(ESCAPES, e)) out += ESCAPES[e];
      else if (quote === "'") out += `\\${e ?? ''}`;
      else this.#fail(message('data.json.escape'));
      from = this.#at + 1;
    }
  }
}
