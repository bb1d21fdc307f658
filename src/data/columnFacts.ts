/**
 * A column of text data as it was looked at: how full it is, how long its cells are, whether they are numbers or chats.
 */
import { type Chat, isChat, looksLikeChat, parseChat } from './chat';
import { type Meaning, meaningsOf } from './columnNames';
import { parseLoosely } from './parse/loose';

/** Most different values a column may have to be a label. */
export const MAX_LABELS = 20;
/** Cells of a column that are looked at more closely. */
const CELLS = 50;
/** Rows from the beginning that are looked at one after another: there, what only counts rows goes up by one. */
export const FIRST_ROWS = 1000;

/** A column as it was looked at. */
export interface ColumnFacts {
  name: string;
  filled: number;
  distinct: Set<string>;
  /** Some of its cells. */
  sample: string[];
  meanLength: number;
  longest: number;
  /** Whether it only counts the rows. */
  counts: boolean;
  /** Whether its cells are numbers, most of them different. */
  measures: boolean;
  chat: ChatFacts | null;
}

/** A column whose cells are, or look like, lists of turns. */
interface ChatFacts {
  style: Chat['style'] | null;
  chats: number;
  looked: number;
  turns: number;
  /** Whether somebody asks in them, and not only answers. */
  asks: boolean;
  /** Whether most of them end with an answer. */
  answered: boolean;
}

/** @param all its cells in the rows that are looked at */
export function factsOf(name: string, all: readonly string[]): ColumnFacts {
  const cells = all.filter((v) => v.trim() !== '');
  const distinct = new Set(cells);
  const numbers = cells.map(Number);
  const numeric = cells.length > 0 && numbers.every((n) => !Number.isNaN(n));
  return {
    name,
    filled: cells.length,
    distinct,
    sample: cells.slice(0, CELLS),
    meanLength: cells.reduce((n, v) => n + v.length, 0) / Math.max(1, cells.length),
    longest: cells.reduce((n, v) => Math.max(n, v.length), 0),
    counts: numeric && cells.length > 1 && numbers.slice(0, FIRST_ROWS).every((n, i) => n === numbers[0] + i),
    measures: numeric && cells.length > 4 && distinct.size > MAX_LABELS / 2 && distinct.size * 2 > cells.length,
    chat: chatFacts(cells.slice(0, CELLS), meaningsOf(name)),
  };
}

/** Whether its name says that it means nothing: an index, an id, one without a name. */
export const saysNothing = (name: string) =>
  /^(column \d+|row|unnamed.*|)$/i.test(name.trim()) || meaningsOf(name).includes('id');

/** @param meanings what its name says: lists of texts and single turns are chats only where turns are expected */
function chatFacts(sample: readonly string[], meanings: readonly Meaning[]): ChatFacts | null {
  const has = (...some: Meaning[]) => meanings.some((m) => some.includes(m));
  const named = has('messages', 'chosen', 'rejected', 'asked', 'answer');
  // A list of texts under the name of an answer is several answers.
  const told = has('messages', 'chosen', 'rejected');
  const listed = sample.filter((cell) => looksLikeChat(cell) && (named || !/^\s*\{/.test(cell) || !isOneTurn(cell)));
  if (listed.length === 0 || listed.length < sample.length * 0.5) return null;
  const read = listed.map((cell) => parseChat(cell));
  const chats = read.filter(isChat).filter((c) => told || (c.style !== 'pairs' && c.style !== 'texts'));
  // What looks like turns and cannot be read is a chat all the same: that must be said, and not be learnt as it stands.
  const unread = read.filter(
    (c) => !isChat(c) && (c.because === 'role' || (c.because === 'keys' && named) || (c.because === 'json' && named)),
  ).length;
  if (chats.length + unread < sample.length * 0.5) return null;
  const lengths = chats.reduce((n, c) => n + c.turns.length, 0);
  return {
    style: chats[0]?.style ?? null,
    chats: chats.length,
    looked: sample.length,
    turns: lengths,
    asks: chats.some((c) => c.turns.some((t) => t.role === 'user')) || chats.length === 0,
    answered: chats.filter((c) => c.turns.at(-1)?.role === 'assistant').length * 2 >= chats.length,
  };
}

function isOneTurn(cell: string): boolean {
  const read = parseChat(cell);
  return isChat(read) ? read.turns.length === 1 : read.because === 'role';
}

/** Whether every answer is a list of two texts: sets of preferences write the better one first. */
export function isRanked({ sample }: ColumnFacts): boolean {
  return sample.every((cell) => {
    if (!/^\s*\[\s*"/.test(cell)) return false;
    const read = parseLoosely(cell);
    return (
      read.ok && Array.isArray(read.value) && read.value.length === 2 && read.value.every((v) => typeof v === 'string')
    );
  });
}
