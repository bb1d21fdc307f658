/** Pictures by class + what was chosen about them → sets to train on and to validate on. */
import type { Issue, ParsedTable, PrepareOptions } from '../../shared/data';
import { DataError, messageOf } from '../../shared/errors';
import { message } from '../../shared/message';
import { pictureBytes, pictureTokens } from '../../shared/pictures';
import type { PictureFormat } from '../../shared/types';
import { CHANGED, cellsNow, EXCLUDED, ISSUE_BIT, Reasons, USABLE } from '../checkRows';
import { FirstSeen, hashNumbers } from '../hash';
import { Pace, type PaceHooks } from '../pace';
import { checkOptions, givenSplit, labelWarnings, type Prepared, type Previous, sample, trySplit } from '../prepare';
import { issueReports, labelCounts, lengthCounts } from '../report';
import { TokenStore } from '../tokenStore';
import { type DecodePicture, readPicture } from './patches';
import { PreparedPictures } from './prepared';

/**
 * Most bytes of all pictures as a model reads them: 1,783 of 224 × 224 pixels. They are held more than once while a
 * session runs.
 */
const MAX_BYTES = 256 * 2 ** 20;
/** Classes that a head has at most, see `hub/pictures.ts`. */
const MAX_CLASSES = 1000;
/** What is looked for in every picture. */
const CHECKED: readonly Issue[] = ['picture', 'empty', 'duplicate', 'leak'];

export interface PictureHooks extends PaceHooks {
  format: PictureFormat;
  decode: DecodePicture;
  /** What was prepared before: pictures that were read stay where the format is the same. */
  previous?: Previous | null;
}

/** What of a format decides a picture's bytes. */
const sameBytes = (a: PictureFormat, b: PictureFormat): boolean =>
  a.side === b.side && a.patch === b.patch && a.resample === b.resample;

/**
 * Reads every picture that is not excluded (a seeded sample where there are more than `maxExamples`), and splits by
 * seed. What cannot be read is an issue of its row. Exact copies stay on one side of the split.
 * @throws {DataError} where they are too many to be held, or none can be read; {Cancelled}
 */
export async function preparePictures(
  table: ParsedTable & Required<Pick<ParsedTable, 'picture'>>,
  options: PrepareOptions,
  { format, decode, previous = null, ...hooks }: PictureHooks,
): Promise<Prepared> {
  checkOptions(options);
  const pace = new Pace(hooks);
  const cells = cellsNow(table, options);
  const flags = flagsOf(table, options);
  const rows = sample(flags, flags.filter((f) => f & USABLE).length, options);
  refuseTooMany(rows.length, format);
  const known =
    previous?.set.pictures && sameBytes(previous.set.pictures.format, format) ? previous.set.pictures : null;
  const pictures = new PreparedPictures(format);
  const tokens = new TokenStore();
  const reasons = new Reasons();
  const seen = new FirstSeen(rows.length);
  const copy: number[] = [];
  const drop = (row: number, issue: Issue) => (flags[row] = (flags[row] | ISSUE_BIT[issue]) & ~USABLE);
  for (const [k, row] of rows.entries()) {
    if (pace.due) await pace.rest(message('data.progress.pictures'), k, rows.length);
    const [path, label] = cells(row)!;
    if (label.trim() === '') {
      drop(row, 'empty');
      continue;
    }
    let patches = known?.ofRow(row) ?? null;
    try {
      patches ??= await readPicture(await table.picture(row), path, { format, decode });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      drop(row, 'picture');
      reasons.told.set(row, messageOf(error));
      continue;
    }
    const hash = hashNumbers(patches, 0);
    if (seen.at(hash, row) !== row) {
      flags[row] |= ISSUE_BIT.duplicate;
      if (options.repairs.duplicate) {
        flags[row] &= ~USABLE;
        continue;
      }
    }
    pictures.add(row, patches, { name: path, label });
    tokens.add(row, exampleOf(format), false);
    copy.push(hash);
  }
  const { labels } = pictures;
  const classes = [...new Set(labels)].sort();
  if (classes.length > MAX_CLASSES)
    throw new DataError(message('data.pictures.classes', { n: classes.length, most: MAX_CLASSES }));
  const given = givenSplit(table, tokens);
  const split = trySplit({ copy, question: copy, label: options.stratify ? labels : null, given }, options);
  const out = new Set(split.validation);
  for (const i of split.leaks) flags[tokens.row(i)] |= ISSUE_BIT.leak;
  const counts = labelCounts(labels, out);
  const warnings = split.problem === null ? labelWarnings(table, counts, labels, tokens) : [];
  if (given && given.includes(true) !== given.includes(false)) warnings.push(message('data.examples.emptyFile'));
  return {
    report: {
      rows: table.rows.length,
      usable: flags.filter((f) => f & USABLE).length,
      excluded: options.edits.excluded.length,
      changed: options.edits.changed.length,
      examples: tokens.length,
      train: split.train.length,
      validation: split.validation.length,
      tokens: tokens.tokens,
      supervised: tokens.length,
      longest: tokens.length > 0 ? pictureTokens(format) : 0,
      truncated: 0,
      issues: issueReports(table, { flags, cells, mapping: options.mapping, reasons }),
      lengths: lengthCounts(tokens, pictureTokens(format)),
      labels: counts,
      checked: [...CHECKED],
      strangers: [],
      warnings,
      problem: split.problem ?? (classes.length < 2 ? message('data.pictures.oneClass') : null),
    },
    flags,
    tokens,
    pictures,
    windows: false,
    cells,
    train: pictures.set(split.train, classes),
    validation: pictures.set(split.validation, classes),
    isValidation: (example) => out.has(example),
    prompt: () => Promise.resolve(null),
    preview: (from, n) => {
      const first = Math.max(0, from);
      return Promise.resolve(
        Array.from({ length: Math.max(0, Math.min(n, tokens.length - first)) }, (_, k) => ({
          row: tokens.row(first + k),
          validation: out.has(first + k),
          tokens: [],
          picture: pictures.labelled(first + k),
        })),
      );
    },
  };
}

/** Before a single one is decoded. */
function refuseTooMany(pictures: number, format: PictureFormat): void {
  const most = Math.floor(MAX_BYTES / pictureBytes(format));
  if (pictures > most)
    throw new DataError(
      message('data.pictures.tooMuch', {
        n: pictures,
        most,
        size: format.side * format.patch,
        mb: MAX_BYTES / 2 ** 20,
      }),
    );
}

function flagsOf(table: ParsedTable, { edits }: PrepareOptions): Uint32Array {
  const flags = new Uint32Array(table.rows.length).fill(USABLE);
  for (const [row] of edits.changed) flags[row] |= CHANGED;
  for (const row of edits.excluded) flags[row] = (flags[row] | EXCLUDED) & ~USABLE;
  return flags;
}

/** A picture as its tokens: of each the place. */
function exampleOf(format: PictureFormat) {
  const n = pictureTokens(format);
  const ids = Int32Array.from({ length: n }, (_, i) => i);
  return { ids, mask: new Uint8Array(n), bos: 0, tail: null, from: 0, to: n, trainFrom: 0 };
}
