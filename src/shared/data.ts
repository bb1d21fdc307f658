/** Shapes of data on its way from a file to tokens, shared by `data/`, the workers and the page. */

/** A parsed file: rows of named string columns, plus what went wrong on the way. */
export interface ParsedTable {
  fileName: string;
  format: 'jsonl' | 'json' | 'csv' | 'tsv' | 'txt';
  columns: string[];
  /** rows[i][c] belongs to columns[c]. */
  rows: string[][];
  /** Whether the first line of a CSV/TSV was taken as a header, and why. */
  header: { used: boolean; why: string } | null;
  /** Line-numbered notes: rows that were skipped or repaired. */
  problems: RowProblem[];
  /** How the bytes were read: 'utf-8', 'utf-16le', … */
  encoding: string;
}

export interface RowProblem {
  /** 1-based line in the file. */
  line: number;
  message: string;
}

/** What the columns mean. */
export type DataKind = 'text' | 'instruction' | 'prompt-completion' | 'text-label';

/** Which column plays which role; null = not used. Roles by kind:
 *  text: text · instruction: instruction, input?, output · prompt-completion: prompt, completion ·
 *  text-label: text, label. */
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

/** Turns a mapped row into a prompt and a completion. `{role}` is replaced by the row's text. */
export interface PromptTemplate {
  /** Empty for plain text. */
  prompt: string;
  completion: string;
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
}

/** One example as token chips. */
export interface PreviewExample {
  /** Row in the parsed table (for plain text: index of the chunk). */
  row: number;
  heldOut: boolean;
  /** Every token's text, in order, of the example before truncation. */
  tokens: { text: string; id: number; state: 'trained' | 'masked' | 'truncated' }[];
}

/** What preparing found; the token sets themselves travel beside it. */
export interface PrepareReport {
  examples: number;
  train: number;
  heldOut: number;
  tokens: number;
  supervised: number;
  longest: number;
  truncated: number;
  /** Examples left out because nothing in them would be trained. */
  allMasked: number;
  empty: number;
  warnings: string[];
}

/** A sample set that ships with Sieve: public/datasets/index.json lists them. */
export interface SampleSet {
  id: string;
  title: string;
  description: string;
  file: string;
  /** Prompts to try in Compare. */
  prompts: string[];
}
