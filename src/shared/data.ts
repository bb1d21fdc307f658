/** Shapes of data on its way from a file to tokens, shared by `data/`, the workers and the page. */
import type { Prompt } from './types';

import type { Language } from './texts';

export type DataFormat = 'jsonl' | 'json' | 'csv' | 'tsv' | 'txt' | 'parquet';

/** What is wrong with a row as it stands in the file; all but 'huge' and 'syntax' can be repaired. */
export type RowState = 'ok' | 'ragged' | 'quote' | 'encoding' | 'syntax' | 'huge';

/** Rows by index, wherever they are kept. */
export interface RowSource {
  readonly length: number;
  /** Cells as they stood in the file: of a broken row, not one per column. */
  cells(i: number): string[];
  /** 1-based line of the file. */
  line(i: number): number;
  state(i: number): RowState;
  /** Whether row i is the next part of one long text that began in a row before. */
  continues(i: number): boolean;
}

/** What is known of a parsed file, rows aside. */
export interface TableInfo {
  fileName: string;
  format: DataFormat;
  columns: string[];
  /** Whether the first line of a CSV/TSV was taken as a header, and why. */
  header: { used: boolean; why: string } | null;
  /** What parts the cells of a CSV/TSV. */
  separator: string;
  /** Line-numbered notes on rows that were kept (a repaired letter, say). */
  notes: RowNote[];
  /** How the bytes were read: 'utf-8', 'utf-16le', … */
  encoding: string;
  /** What the file was unpacked from, in words; null where it was not. */
  packed: string | null;
}

/** A parsed file: rows of named string columns. */
export interface ParsedTable extends TableInfo {
  rows: RowSource;
}

export interface RowNote {
  /** 1-based line in the file. */
  line: number;
  message: string;
}

/** Everything that can be wrong with a row, in the order in which it is looked for. */
export const ISSUES = ['syntax', 'huge', 'quote', 'ragged', 'encoding', 'template', 'empty', 'duplicate', 'long', 'masked', 'leak'] as const;
export type Issue = (typeof ISSUES)[number];

/** What a person has decided to do about the issues that have a choice; false is what happens by itself:
 *  ragged, quote, encoding: left out / filled up, read as plain characters, read as Windows-1252 ·
 *  duplicate: kept / only the first is · long: cut / left out · leak: left as it is / kept on one side of the split. */
export type Repairs = Record<'ragged' | 'quote' | 'encoding' | 'duplicate' | 'long' | 'leak', boolean>;

/** What the columns mean. */
export const DATA_KINDS = ['text', 'instruction', 'prompt-completion', 'text-label', 'chat'] as const;
export type DataKind = (typeof DATA_KINDS)[number];

/** Which column plays which role; null = not used. Roles by kind:
 *  text: text · instruction: instruction, input?, output · prompt-completion: prompt, completion ·
 *  text-label: text, label · chat: message (a column of lists of turns). */
export interface Mapping {
  kind: DataKind;
  roles: Record<string, string | null>;
}

/** A guess with its evidence, for the page to show. */
export interface Detection {
  mapping: Mapping;
  /** Plain sentences: "columns named instruction and output", "2 distinct values in column 2". */
  evidence: string[];
}

/** A chat template as a model's tokenizer brings it. */
export interface ChatTemplate {
  /** Its name among those of the tokenizer; the usual one is 'default'. */
  name: string;
  /** Jinja. */
  source: string;
  /** Texts of the special tokens that it may name: bos_token, eos_token, … */
  tokens: Record<string, string>;
}

/** Turns a mapped row into a prompt and a completion. `{role}` is replaced by the row's text. */
export interface PromptTemplate {
  /** Empty for plain text. */
  prompt: string;
  completion: string;
  /** The model's own, which takes the place of the other two; for chats alone. */
  chat?: ChatTemplate;
}

/** One turn of a chat. */
export interface Turn {
  role: 'system' | 'user' | 'assistant';
  text: string;
}

/** A stretch of an example's text. */
export interface Segment {
  text: string;
  /** Whether its tokens are targets when only the completion is learnt. */
  trained: boolean;
}

/** What a chat template makes of one chat: its text, or why there is none. */
export type RenderedChat = { segments: Segment[]; lastOnly: boolean } | { problem: string };

/**
 * Renders chats, each for itself: up to its last answer, or as a prompt, which ends with the beginning of an answer.
 * @throws {DataError} when the template itself cannot be used
 */
export type RenderChats = (template: ChatTemplate, chats: readonly (readonly Turn[])[], as: 'chat' | 'prompt') => Promise<RenderedChat[]>;

/** What a person changed by hand. */
export interface RowEdits {
  /** Rows that are left out. */
  excluded: readonly number[];
  /** Rows with new cells, one per column. */
  changed: readonly (readonly [row: number, cells: readonly string[]])[];
}

/** How examples become tokens. */
export interface PrepareOptions {
  mapping: Mapping;
  template: PromptTemplate;
  /** Train on the completion only, where there is a prompt. */
  completionOnly: boolean;
  maxTokens: number;
  /** Share of examples held out for evaluation, 0–0.5, and the seed that picks them. */
  heldOutShare: number;
  seed: number;
  /** Most examples that are used; of more, the seed picks. */
  maxExamples: number;
  /** Hold out the same share of every label. */
  stratify: boolean;
  repairs: Repairs;
  edits: RowEdits;
}

/** One example as token chips. */
export interface PreviewExample {
  /** Row in the parsed table (for plain text: index of the window). */
  row: number;
  heldOut: boolean;
  /** Every token's text, in order, of the example before truncation. */
  tokens: { text: string; id: number; state: 'trained' | 'masked' | 'truncated' }[];
}

/** One kind of issue: how many rows have it, and the first of them. */
export interface IssueReport {
  issue: Issue;
  rows: number;
  examples: { row: number; line: number; text: string }[];
}

/** What preparing found; the token sets themselves travel beside it. */
export interface PrepareReport {
  /** Rows of the table, and how many of them could be used (whether or not they are, see `maxExamples`). */
  rows: number;
  usable: number;
  /** Excluded and changed by hand. */
  excluded: number;
  changed: number;
  examples: number;
  train: number;
  heldOut: number;
  tokens: number;
  supervised: number;
  longest: number;
  truncated: number;
  issues: IssueReport[];
  /** Examples by their length in tokens before they are cut: bin b holds lengths above b × width up to (b + 1) × width, the last one everything longer. */
  lengths: { width: number; counts: number[]; limit: number };
  /** Examples of each label, most frequent first; null where there are no labels. */
  labels: { label: string; train: number; heldOut: number }[] | null;
  warnings: string[];
  /** Why nothing can be trained on; null where it can. */
  problem: { message: string; hint: string } | null;
}

/** Which rows a view of the table shows. */
export type RowFilter = 'all' | 'train' | 'heldOut' | 'unused' | 'excluded' | 'changed' | Issue;

/** A row as the table lists it (for plain text: a window). */
export interface ListedRow {
  item: number;
  line: number;
  /** Beginnings of the texts, by role; of a broken row its cells as they stand. */
  texts: string[];
  /** Tokens before it is cut; null where it was not turned into tokens. */
  tokens: number | null;
  issues: Issue[];
  side: 'train' | 'heldOut' | null;
  excluded: boolean;
  changed: boolean;
}

/** A row in full. */
export interface RowDetail {
  item: number;
  line: number;
  /** Cells by column as they are now; null for a window of a plain text. */
  cells: string[] | null;
  example: PreviewExample | null;
  /** Of a chat that is used: all that comes before its first answer. */
  prompt: Prompt | null;
  issues: Issue[];
}

export interface SampleWords {
  title: string;
  description: string;
}

/** A sample set that ships with Sieve: public/datasets/index.json lists them. */
export interface SampleSet extends SampleWords {
  id: string;
  file: string;
  /** Title and description in other languages than English. */
  in?: Partial<Record<Language, SampleWords>>;
  /** Prompts to try in Compare. */
  prompts: string[];
}
