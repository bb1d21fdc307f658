/** Parsed table + mapping + template → tokens to train on and tokens to validate on. */
import { MAX_CLASSES } from '../shared/classification';
import {
  type Issue,
  ISSUES,
  type ParsedTable,
  type PrepareOptions,
  type PrepareReport,
  type PreviewExample,
  type RenderChats,
} from '../shared/data';
import { DataError, messageOf } from '../shared/errors';
import { Rng } from '../shared/rng';
import { type Message, message } from '../shared/message';
import type { Frame, Prompt, SequenceLabels, TokenSet, Tokenizer } from '../shared/types';
import { type CellsNow, cellsNow, checkRows, ISSUE_BIT, USABLE } from './checkRows';
import { tokenState } from './examples';
import { Pace, type PaceHooks } from './pace';
import type { PreparedPictures } from './pictures/prepared';
import { issueReports, labelCounts, lengthCounts } from './report';
import { type Split, type SplitInput, splitExamples } from './split';
import { compileTexts } from './texts';
import { exampleOf, nothingMade, reuse, tokenizeRows, tokenizeWindows } from './tokenize';
import { TOKEN_PAGE, type TokenStore } from './tokenStore';

/** How often the most frequent label may stand for each of the least frequent one before that is said. */
const MAX_IMBALANCE = 10;

export interface Prepared {
  report: PrepareReport;
  /** In the table's order. */
  train: TokenSet;
  /** In seeded random order, so that its first N are a fair sample. */
  validation: TokenSet;
  /** Whether examples are windows of long texts, not rows. */
  windows: boolean;
  /** Issues and decisions by row, see `checkRows`. */
  flags: Uint32Array;
  tokens: TokenStore;
  /** What the tokens of pictures are; null for texts. */
  pictures: PreparedPictures | null;
  /** Whether an example is in the validation split. */
  isValidation(example: number): boolean;
  cells: CellsNow;
  /** Examples from … from+count, in the table's order, as token chips. */
  preview(from: number, count: number): Promise<PreviewExample[]>;
  /** All that comes before the first answer of a row. */
  prompt(row: number): Promise<Prompt | null>;
}

/** The set that was prepared before, from the same table by the same tokenizer. */
export interface Previous {
  set: Prepared;
  options: PrepareOptions;
}

export interface PrepareHooks extends PaceHooks {
  /** Needed where the template is a model's own. */
  render?: RenderChats;
  /** What was prepared before: its tokens stay where nothing changed that they depend on. */
  previous?: Previous | null;
}

/**
 * Checks every row, tokenises the usable ones (a seeded sample of them where there are more than `maxExamples`), and
 * splits by seed. At least one example is in the validation split; exact copies of an example stay on one side. Where
 * fewer than two different examples are left both sets are empty, and the report says why.
 * @throws {DataError} on a wrong mapping or template; {Cancelled}.
 */
export async function prepare(
  table: ParsedTable,
  asked: PrepareOptions,
  tokenizer: Tokenizer,
  { render, previous = null, ...hooks }: PrepareHooks = {},
): Promise<Prepared> {
  const frame = wholeFrame(tokenizer, asked);
  const options = frame ? asSequences(asked) : asked;
  checkOptions(options);
  const pace = new Pace(hooks);
  const textsOf = compileTexts(table.columns, options, render ? { render, special: tokenizer.special } : null);
  const windows = table.unit === 'whole' && options.mapping.kind === 'text' && options.template.prompt === '';
  const cells = cellsNow(table, options);
  const marks = [...tokenizer.special.values()];
  const { flags, usable, reasons, strangers } = await checkRows(table, {
    options: { edits: options.edits, repairs: options.repairs, windows, marks },
    cells,
    textsOf,
    pace,
  });
  const made = nothingMade({ questions: !windows, labels: options.mapping.kind === 'text-label' });
  if (windows) await tokenizeWindows(table, { options, tokenizer, frame, cells, textsOf, flags, made, pace });
  else
    await tokenizeRows(sample(flags, usable, options), {
      options,
      tokenizer,
      frame,
      cells,
      textsOf,
      flags,
      made,
      reused: reuse(previous, asked),
      pace,
    });
  const { tokens, lostPrompt } = made;
  const label = made.label && areLabels(made.label) ? made.label : null;
  const given = givenSplit(table, tokens);
  const split = trySplit(
    { copy: made.copy, question: made.question, label: options.stratify ? label : null, given },
    options,
  );
  const out = new Set(split.validation);
  for (const i of split.leaks) flags[tokens.row(i)] |= ISSUE_BIT.leak;
  const report: PrepareReport = {
    rows: table.rows.length,
    usable: usable - made.dropped,
    excluded: options.edits.excluded.length,
    changed: options.edits.changed.length,
    examples: tokens.length,
    train: split.train.length,
    validation: split.validation.length,
    tokens: tokens.tokens,
    supervised: tokens.trained,
    longest: made.longest,
    truncated: made.truncated,
    issues: issueReports(table, { flags, cells, mapping: options.mapping, reasons }),
    lengths: lengthCounts(tokens, options.maxSequenceLength),
    labels: label && labelCounts(label, out),
    checked: checkedIssues(table, options, {
      windows,
      marks: marks.length > 0,
      all: usable <= options.maxExamples && !made.unread,
    }),
    strangers,
    warnings: [],
    problem: split.problem,
  };
  if (lostPrompt > 0) report.warnings.push(message('data.examples.lostPrompt', { n: lostPrompt }));
  if (made.lastOnly > 0) report.warnings.push(message('data.examples.lastOnly', { n: made.lastOnly }));
  if (made.unread) report.warnings.push(message('data.examples.unread', { windows: tokens.length }));
  if (tokens.length > 0 && !windows && !frame && tokenizer.eosId === null && !options.template.chat)
    report.warnings.push(message('data.examples.noEnd'));
  if (made.endless > 0)
    report.warnings.push(message('data.examples.endless', { n: made.endless, stops: stopNames(tokenizer) }));
  if (made.label && !label && made.label.length > 0)
    report.warnings.push(message('data.examples.manyLabels', { n: new Set(made.label).size, most: MAX_CLASSES }));
  if (report.labels && split.problem === null)
    report.warnings.push(...labelWarnings(table, report.labels, label!, tokens));
  if (given && given.includes(true) !== given.includes(false)) report.warnings.push(message('data.examples.emptyFile'));
  if (frame && made.label && made.label.length > 0) {
    if (!label) report.problem ??= message('data.examples.noClasses', { most: MAX_CLASSES });
    else if (new Set(label).size < 2) report.problem ??= message('data.examples.oneClass', { label: label[0] });
  }
  const labelsOf = frame && label ? sequenceLabels(label) : null;
  const chosen = (examples: readonly number[]): TokenSet => {
    const own = report.problem === null ? examples : [];
    return { ...tokens.set(own), ...(labelsOf && { labels: labelsOf(own) }) };
  };
  return {
    report,
    flags,
    tokens,
    pictures: null,
    windows,
    cells,
    train: chosen(split.train),
    validation: chosen(split.validation),
    isValidation: (example) => out.has(example),
    prompt: async (row) => {
      const now = cells(row);
      if (!now) return null;
      const [{ prompt, templated }] = await textsOf([now]);
      return templated ? { templated: prompt } : prompt;
    },
    preview: (from, n) => {
      const first = Math.max(0, from);
      return Promise.all(
        Array.from({ length: Math.max(0, Math.min(n, tokens.length - first)) }, async (_, k) => {
          const i = first + k;
          const row = tokens.row(i);
          // What was cut is not kept: it is made again.
          const cut = !windows && tokens.total(i) > tokens.kept(i);
          const e = cut ? exampleOf((await textsOf([cells(row)!]))[0], { tokenizer, frame, options }) : null;
          const ids = Array.from(e ? e.ids : tokens.ids(i));
          const supervised = tokens.supervised(i);
          const pieces = tokenizer.pieces(ids);
          return {
            row: windows ? i : row,
            validation: out.has(i),
            tokens: ids.map((id, p) => ({
              text: pieces[p],
              id,
              state: e ? tokenState(e, p) : supervised[p] === 1 ? 'trained' : 'masked',
            })),
            picture: null,
          };
        }),
      );
    },
  };
}

/**
 * What stands around texts that are read as a whole; null where a model that writes text is to continue them.
 * @throws {DataError} where the model can have no head with classes
 */
function wholeFrame({ frame, writes }: Tokenizer, { taskType }: PrepareOptions): Frame | null {
  if (writes && taskType !== 'SEQ_CLS') return null;
  if (!frame) throw new DataError(message('data.examples.noClassHead'));
  return frame;
}

/**
 * What is told apart by its class is read as it stands, without a template.
 * @throws {DataError} where the data have no labels
 */
function asSequences(options: PrepareOptions): PrepareOptions {
  const { mapping } = options;
  if (mapping.kind !== 'text-label') throw new DataError(message('data.examples.needLabels'));
  const prompt = mapping.roles.second ? '{text}\n{second}' : '{text}';
  return { ...options, template: { prompt, completion: '{label}' }, completionOnly: true };
}

/** The classes of examples, by name, and those of some of them. */
function sequenceLabels(label: readonly string[]): (examples: ArrayLike<number>) => SequenceLabels {
  const classes = [...new Set(label)].sort();
  const place = new Map(classes.map((name, i) => [name, i]));
  return (examples) => ({ classes, of: Uint32Array.from(examples, (i) => place.get(label[i])!) });
}

/** Whether each example comes of a file of its own for validation; null where no such file was given. */
export const givenSplit = ({ validationFrom }: ParsedTable, tokens: TokenStore): boolean[] | null =>
  validationFrom === null ? null : Array.from({ length: tokens.length }, (_, i) => tokens.row(i) >= validationFrom);

/** The split; where it cannot be made, why: the report must be seen all the same, for it may hold the repair. */
export function trySplit(
  input: SplitInput,
  { validationShare, seed, repairs }: PrepareOptions,
): Split & { problem: PrepareReport['problem'] } {
  try {
    return { ...splitExamples(input, validationShare, seed, repairs.leak), problem: null };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { train: [], validation: [], leaks: [], problem: messageOf(error) };
  }
}

/** What every row was looked at for; only that may be said not to be there. */
function checkedIssues(
  table: ParsedTable,
  { mapping, template }: PrepareOptions,
  { windows, marks, all }: { windows: boolean; marks: boolean; all: boolean },
): Issue[] {
  const { format, quote, unit, encoding } = table;
  const chat = mapping.kind === 'chat';
  const looked: Record<Issue, boolean> = {
    syntax: format === 'json' || format === 'jsonl',
    huge: format === 'json' || format === 'jsonl',
    quote: format === 'csv' && quote !== 'none',
    ragged: format === 'csv' || format === 'tsv',
    encoding: unit === null ? encoding === 'utf-8' : encoding === 'utf-8' && !windows,
    picture: false,
    chat,
    template: chat && template.chat !== undefined,
    empty: true,
    noText: mapping.kind !== 'text',
    parts: chat,
    marks: marks && !template.chat,
    duplicate: !windows,
    long: all && !windows,
    masked: all && !windows,
    leak: all && !windows,
  };
  return ISSUES.filter((issue) => looked[issue]);
}

/** Whether values are labels to split by: not too many, and not all of them different. */
function areLabels(values: readonly string[]): boolean {
  const different = new Set(values).size;
  return different <= MAX_CLASSES && (different <= 2 || different * 2 <= values.length);
}

const stopNames = ({ stopIds, pieces }: Tokenizer): string => pieces([...stopIds]).join(', ');

/**
 * What is odd about labels: one that is on one side only, one that is far more frequent than another, and one that
 * stands in the first line alone.
 */
export function labelWarnings(
  table: ParsedTable,
  labels: NonNullable<PrepareReport['labels']>,
  label: readonly string[],
  tokens: TokenStore,
): Message[] {
  const named = (list: typeof labels) =>
    `${list
      .slice(0, 5)
      .map((l) => `“${l.label}”`)
      .join(', ')}${list.length > 5 ? ', …' : ''}`;
  const unlearnt = labels.filter((l) => l.train === 0);
  const unmeasured = labels.filter((l) => l.validation === 0);
  const warnings: Message[] = [];
  if (unlearnt.length > 0) warnings.push(message('data.examples.validationOnly', { labels: named(unlearnt) }));
  if (unmeasured.length > 0 && unmeasured.length < labels.length)
    warnings.push(message('data.examples.learntOnly', { labels: named(unmeasured) }));
  const [most, least] = [labels[0], labels.at(-1)!];
  const count = (l: typeof most) => l.train + l.validation;
  if (count(most) >= MAX_IMBALANCE * count(least))
    warnings.push(
      message('data.examples.imbalance', {
        most: most.label,
        share: Math.round((100 * count(most)) / label.length),
        least: least.label,
        n: count(least),
      }),
    );
  const first = label[0];
  const alone =
    tokens.length > 0 && tokens.row(0) === 0 && label.length > 8 && label.filter((l) => l === first).length === 1;
  if (alone && table.header && !table.header.used) warnings.push(message('data.examples.firstLine', { label: first }));
  return warnings;
}

export function checkOptions(options: PrepareOptions): void {
  if (!Number.isInteger(options.maxSequenceLength) || options.maxSequenceLength < 8)
    throw new DataError(message('data.examples.fewTokens'));
  if (options.maxSequenceLength > TOKEN_PAGE)
    throw new DataError(message('data.examples.manyTokens', { most: TOKEN_PAGE }));
  if (!(options.validationShare >= 0 && options.validationShare <= 0.5))
    throw new DataError(message('data.examples.share'));
  if (!Number.isInteger(options.maxExamples) || options.maxExamples < 2)
    throw new DataError(message('data.examples.fewExamples'));
}

/** Usable rows; where there are too many, those that the seed picks, in the table's order. */
export function sample(flags: Uint32Array, usable: number, options: PrepareOptions): Uint32Array {
  const rows = new Uint32Array(usable);
  let n = 0;
  for (let row = 0; row < flags.length; row++) if (flags[row] & USABLE) rows[n++] = row;
  if (n <= options.maxExamples) return rows;
  // A stream of its own: the split draws from the seed itself.
  const rng = new Rng(options.seed ^ 0x5a3b1e);
  for (let i = 0; i < options.maxExamples; i++) {
    const j = i + rng.below(n - i);
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  return rows.slice(0, options.maxExamples).sort();
}
