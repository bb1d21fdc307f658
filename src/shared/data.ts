/** Shapes of data on its way from a file to tokens, shared by `data/`, the workers and the page. */
import type { Message } from './message';
import type { Prompt, ShownPicture, TaskType } from './types';

import type { Language } from './texts';

/** A file as it was dropped, chosen or fetched. */
export interface OwnFile {
  /** Its name, behind the folders it came with. */
  path: string;
  file: Blob;
}

export const TEXT_FORMATS = ['jsonl', 'json', 'csv', 'tsv', 'txt'] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];
/** Formats whose files say all of how they are read; each has its reader in `data/parse/binary.ts`. */
export const BINARY_FORMATS = ['parquet'] as const;
export type BinaryFormat = (typeof BINARY_FORMATS)[number];
export const DATA_FORMATS = [...TEXT_FORMATS, ...BINARY_FORMATS];
export type DataFormat = TextFormat | BinaryFormat;
export const isTextFormat = (format: string): format is TextFormat => TEXT_FORMATS.some((own) => own === format);
/** What a table may be read from: nobody chooses that files are pictures. */
type TableFormat = DataFormat | 'pictures';

/** What the names of files with data end in. */
export const DATA_EXTENSIONS = [
  'jsonl',
  'ndjson',
  'json',
  'csv',
  'tsv',
  'tab',
  'txt',
  'md',
  'text',
  'data',
  'label',
  ...BINARY_FORMATS,
] as const;

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

/** What is one row of a plain text. */
export const TEXT_UNITS = ['whole', 'lines', 'paragraphs'] as const;
export type TextUnit = (typeof TEXT_UNITS)[number];

/**
 * What encloses cells that hold a separator; `backslash`: double quotes, and those inside of a cell stand behind a
 * backslash.
 */
export const QUOTES = ['double', 'single', 'backslash', 'none'] as const;
export type Quote = (typeof QUOTES)[number];

/** What a file is for: to learn from, to measure on, or nothing. */
export const FILE_USES = ['train', 'validation', 'none'] as const;
export type FileUse = (typeof FILE_USES)[number];

/** How a person wants a file to be read; what is 'auto', or not named, is found out. */
export interface ReadChoices {
  format: DataFormat | 'auto';
  /** Whether the first line of a CSV/TSV names the columns. */
  header: 'auto' | 'yes' | 'no';
  /** What parts the cells of a CSV/TSV: a text, empty where every line is one cell. */
  separator: string;
  quote: Quote | 'auto';
  /** A label that TextDecoder knows. */
  encoding: string;
  unit: TextUnit | 'auto';
  /** What the files are for, by path. */
  files: Record<string, FileUse>;
}

export const READ_AUTO: ReadChoices = {
  format: 'auto',
  header: 'auto',
  separator: 'auto',
  quote: 'auto',
  encoding: 'auto',
  unit: 'auto',
  files: {},
};

/** One of the files that were dropped, or that lie in an archive. */
export interface FileInfo {
  path: string;
  /** Unpacked, in bytes; null where it is not known before it is unpacked. */
  bytes: number | null;
  use: FileUse;
}

/** What is known of a parsed file, rows aside. */
export interface TableInfo {
  fileName: string;
  format: TableFormat;
  columns: string[];
  /** Whether the first line of a CSV/TSV was taken as a header, and why. */
  header: { used: boolean; why: Message } | null;
  /** What parts the cells of a CSV/TSV, and what encloses them. */
  separator: string;
  quote: Quote;
  /** The column that takes what a row has too much: the one with the longest texts. */
  surplus: number;
  /** What is one row of a plain text; null where rows come from the format. */
  unit: TextUnit | null;
  /** Line-numbered notes on rows that were kept (a repaired letter, say). */
  notes: RowNote[];
  /** How the bytes were read: 'utf-8', 'utf-16le', … */
  encoding: string;
  /**
   * How lines that are not valid in that encoding are read where a person wants them; `all`: no line speaks for UTF-8.
   */
  legacy: { encoding: string; all: boolean } | null;
  /** What the file was unpacked from (gzip, zip); null where it was not. */
  packed: Message | string | null;
  /** All files that could be read, more than one where several were dropped or an archive holds several. */
  files: FileInfo[];
  /** First row that comes from a file to measure on; null where there is no such file. */
  validationFrom: number | null;
}

/** A parsed file: rows of named string columns. */
export interface ParsedTable extends TableInfo {
  rows: RowSource;
  /** Of pictures: a row's file as it is. @throws {DataError} where it cannot be read, or is too large */
  picture?: (row: number) => Promise<Uint8Array<ArrayBuffer>>;
}

export interface RowNote {
  /** 1-based line in the file. */
  line: number;
  message: Message;
}

/** Everything that can be wrong with a row, in the order in which it is looked for. */
export const ISSUES = [
  'syntax',
  'huge',
  'quote',
  'ragged',
  'encoding',
  'picture',
  'chat',
  'template',
  'empty',
  'noText',
  'parts',
  'marks',
  'duplicate',
  'long',
  'masked',
  'leak',
] as const;
export type Issue = (typeof ISSUES)[number];

/** What a person has decided to do about the issues that have a choice; false is what happens by itself:
 *  ragged, quote, encoding: left out / filled up, read as plain characters, read in the encoding that fits best ·
 *  noText (an answer, and nothing before it): left out / used · marks (a text that holds the model's special tokens):
 *  they are letters / they are those tokens · duplicate: kept / only the first is · long: cut / left out ·
 *  leak: left as it is / kept on one side of the split. */
export const REPAIRS = ['ragged', 'quote', 'encoding', 'noText', 'marks', 'duplicate', 'long', 'leak'] as const;
export type Repairs = Record<(typeof REPAIRS)[number], boolean>;

/** What the columns mean. */
export const DATA_KINDS = ['text', 'instruction', 'prompt-completion', 'text-label', 'chat', 'picture-label'] as const;
export type DataKind = (typeof DATA_KINDS)[number];

/** Which column plays which role; null = not used. `DATA_ROLES` in template.ts lists the roles of each kind. */
export interface Mapping {
  kind: DataKind;
  roles: Record<string, string | null>;
  /** Of chats: who speaks under a name that is not known by itself. */
  speakers?: Record<string, Speaker>;
  /** Of chats: only the last answer is learnt (of two that were compared, all before it is the same). */
  lastAnswer?: boolean;
  /** Of answers that are lists, the preferred one first: only that one is learnt. */
  firstAnswer?: boolean;
}

export const SPEAKERS = ['user', 'assistant', 'system', 'tool'] as const;
export type Speaker = (typeof SPEAKERS)[number];

/** A guess with its evidence, for the page to show. */
export interface Detection {
  mapping: Mapping;
  /** What speaks for it: “columns named instruction and output”, “2 distinct values in column 2”. */
  evidence: Message[];
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
  role: Speaker;
  text: string;
  /** What else its record holds (tool_calls, reasoning_content, name, …), for chat templates that read it. */
  more?: Record<string, unknown>;
  /** Of a chat's first turn: the tools that it may call, as chat templates take them. */
  tools?: readonly unknown[];
  /** False for an answer that is read and not learnt. */
  learn?: boolean;
}

/** A stretch of an example's text. */
export interface Segment {
  text: string;
  /** Whether its tokens are targets when only the completion is learnt. */
  trained: boolean;
  /** Whether the token that ends a text follows it, as it follows every answer of a chat. */
  ends?: boolean;
}

/** What a chat template makes of one chat: its text, or why there is none. */
export type RenderedChat = { segments: Segment[]; lastOnly: boolean } | { problem: Message };

/**
 * Renders chats, each for itself: up to its last answer, or as a prompt, which ends with the beginning of an answer.
 * @throws {DataError} when the template itself cannot be used
 */
export type RenderChats = (
  template: ChatTemplate,
  chats: readonly (readonly Turn[])[],
  as: 'chat' | 'prompt',
) => Promise<RenderedChat[]>;

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
  maxSequenceLength: number;
  /** Whether labels are text or classes, of a model that can have both; text where it is absent. */
  taskType?: TaskType;
  /** Share of examples in the validation split, 0–0.5, and the seed that picks them. */
  validationShare: number;
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
  validation: boolean;
  /** Every token's text, in order, of the example before truncation; none of a picture. */
  tokens: { text: string; id: number; state: 'trained' | 'masked' | 'truncated' }[];
  /** What a picture is cut from, and its class; null for texts. */
  picture: LabelledPicture | null;
}

/** A picture as the model sees it. */
export interface LabelledPicture {
  shown: ShownPicture;
  /** Patches along a side. */
  side: number;
  label: string;
}

/** A picture of the validation split whose gates are watched. */
export interface WatchedPicture extends LabelledPicture {
  /** Its place in the split, and how many there are. */
  example: number;
  of: number;
}

/** One kind of issue: how many rows have it, and the first of them. */
export interface IssueReport {
  issue: Issue;
  rows: number;
  examples: { row: number; line: number; text: Message | string }[];
  /** What it is in detail, with the number of rows, most first: "tool calls". */
  reasons: { reason: Message; rows: number }[];
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
  validation: number;
  tokens: number;
  supervised: number;
  longest: number;
  truncated: number;
  issues: IssueReport[];
  /**
   * Examples by their length in tokens before they are cut: bin b holds lengths above b × width up to (b + 1) × width,
   * the last one everything longer.
   */
  lengths: { width: number; counts: number[]; limit: number };
  /** Examples of each label, most frequent first; null where there are no labels. */
  labels: { label: string; train: number; validation: number }[] | null;
  /** What was looked for in every row. */
  checked: Issue[];
  /** Names of chat turns that are not known, and of which the mapping does not say who they are. */
  strangers: string[];
  warnings: Message[];
  /** Why nothing can be trained on; null where it can. */
  problem: Message | null;
}

/** Which rows a view of the table shows. */
export type RowFilter = 'all' | 'train' | 'validation' | 'unused' | 'excluded' | 'changed' | Issue;

/** A row as the table lists it (for plain text: a window). */
export interface ListedRow {
  item: number;
  line: number;
  /** Beginnings of the texts, by role; of a broken row its cells as they stand. */
  texts: string[];
  /** A picture, small; null for texts, and where it was not read. */
  picture: ShownPicture | null;
  /** Why the row cannot be read at all. */
  lost: Message | null;
  /** Tokens before it is cut; null where it was not turned into tokens. */
  tokens: number | null;
  issues: Issue[];
  side: 'train' | 'validation' | null;
  excluded: boolean;
  changed: boolean;
}

/** Which rows are listed, and how many of them. */
export interface RowQuery {
  filter: RowFilter;
  /** Text that a row must hold, whatever its case; '' = any. */
  search: string;
  /** Rows that hold it in what is said of them (`LostRow`); only the page has words. */
  also: number[];
  from: number;
  count: number;
}

/** A row that cannot be read, and why. */
export interface LostRow {
  row: number;
  why: Message;
}

/** A row in full. */
export interface RowDetail {
  item: number;
  line: number;
  /** Cells by column as they are now; null for a window of a plain text. */
  cells: string[] | null;
  /** Why the row cannot be read at all. */
  lost: Message | null;
  example: PreviewExample | null;
  /** Of a chat that is used: all that comes before its first answer. */
  prompt: Prompt | null;
  issues: Issue[];
}

export interface SampleWords {
  title: string;
  description: string;
}

/** What ships with Sieve, and is listed with its words. */
export interface Shipped extends SampleWords {
  id: string;
  /** Title and description in other languages than English. */
  in?: Partial<Record<Language, SampleWords>>;
}

/** A sample set that ships with Sieve: public/datasets/index.json lists them. */
export interface SampleSet extends Shipped {
  file: string;
  /** Prompts to try in Compare. */
  prompts: string[];
}
