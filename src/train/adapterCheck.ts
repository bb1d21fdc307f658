/**
 * check.json of an exported adapter: enough of the logits that the page got with it to tell whether whoever loads it
 * has the same model. All logits of a few rows would be megabytes; the largest of a row and a sum over all of it are
 * not.
 */
import { z } from '../shared/zod';
import { type ModelDescription, logitCount, tellsClasses } from '../shared/model';
import type { LogitCheck, PictureFormat } from '../shared/types';
import { type LogitBars, compareLogits } from './logitCheck';

const TOP = 32;

/** Logits of one row. */
interface CheckedRow {
  /** Position in the text; 0 for the classes of a text. */
  row: number;
  /** The tokens with the largest logits, largest first, and these. */
  top: { tokens: number[]; logits: number[] };
  /** Σ w_v · logit_v over the row, w_v = (−1)^v · (1 + ((v · 2654435761) mod 2³²) / 2³²). */
  checksum: number;
}

export interface AdapterCheck {
  model: string;
  ids: number[];
  /**
   * Where the ids are places of a picture: its red, green and blue, [size, size, 3] bytes in base64. Of a value the
   * model was given value · scale + shift, by channel; files of earlier versions do not say.
   */
  picture?: { size: number; values: string } & Partial<Pick<PictureFormat, 'scale' | 'shift'>>;
  /** Logits of a row: the vocabulary, or classes. */
  width: number;
  rows: CheckedRow[];
}

/** w_v of a row's checksum: none is small, and no two are the same, so that a logit cannot stand for another. */
const weightOf = (v: number): number => (v % 2 === 0 ? 1 : -1) * (1 + (Math.imul(v, 2654435761) >>> 0) / 2 ** 32);

function checksum(logits: ArrayLike<number>): number {
  let sum = 0;
  for (let v = 0; v < logits.length; v++) sum += weightOf(v) * logits[v];
  return sum;
}

interface Checked extends Pick<AdapterCheck, 'model' | 'ids' | 'picture'> {
  rows: number[];
  /** Those of the rows, [width] each. */
  logits: ArrayLike<number>[];
}

export function checkOf({ rows, logits, ...asked }: Checked): AdapterCheck {
  const checked = rows.map((row, i) => {
    const tokens = Array.from(logits[i], (_, v) => v)
      .sort((a, b) => logits[i][b] - logits[i][a] || a - b)
      .slice(0, TOP);
    return { row, top: { tokens, logits: tokens.map((v) => logits[i][v]) }, checksum: checksum(logits[i]) };
  });
  return { ...asked, width: logits[0].length, rows: checked };
}

/** Whether a model can be asked at all. */
export const fitsModel = ({ ids, width, rows }: AdapterCheck, model: ModelDescription): boolean =>
  width === logitCount(model) &&
  ids.every((id) => id < model.vocab) &&
  (!tellsClasses(model) || rows.every(({ row }) => row === 0));

/** Holds the logits of all rows of a text, [width] each, against a check that `fitsModel`. */
export function compareCheck(check: AdapterCheck, all: readonly Float32Array[], bars: LogitBars): LogitCheck {
  // Errors of a sum grow with the root of its terms.
  const scale = 1 / Math.sqrt(check.width);
  return compareLogits({
    ours: check.rows.map(({ row, top }) =>
      Float32Array.from([...top.tokens.map((v) => all[row][v]), scale * checksum(all[row])]),
    ),
    expected: Float32Array.from(check.rows.flatMap(({ top, checksum: sum }) => [...top.logits, scale * sum])),
    vocab: check.rows[0].top.tokens.length + 1,
    bars,
    by: 'plain',
    piece: () => '',
  });
}

const MOST_IDS = 4096;
const MOST_ROWS = 64;
const ids = z.array(z.int().min(0)).min(1).max(MOST_IDS);
const position = z
  .int()
  .min(0)
  .max(MOST_IDS - 1);

const today = z
  .object({
    format: z.literal('sieve-check'),
    version: z.literal(2),
    model: z.string().max(300),
    ids,
    picture: z
      .object({
        size: z.int().min(1).max(4096),
        values: z.base64().max(64 * 2 ** 20),
        scale: z.array(z.number()).length(3).optional(),
        shift: z.array(z.number()).length(3).optional(),
      })
      .optional(),
    width: z.int().min(1).max(1e6),
    rows: z
      .array(
        z.object({
          row: position,
          top: z.object({
            tokens: z.array(z.int().min(0)).min(1).max(TOP),
            logits: z.array(z.number()).min(1).max(TOP),
          }),
          checksum: z.number(),
        }),
      )
      .min(1)
      .max(MOST_ROWS),
  })
  .refine(({ ids: texts, width, rows }) => {
    const count = Math.min(TOP, width);
    return rows.every(
      ({ row, top: { tokens, logits } }) =>
        row < texts.length && tokens.length === count && logits.length === count && tokens.every((v) => v < width),
    );
  })
  .transform(({ format: _format, version: _version, ...check }) => check);

/** Version 1: all logits of the rows, under the name of what the adapter is. */
const rowsOfAll = z.array(z.array(z.number()).min(1).max(300_000)).min(1).max(MOST_ROWS).nullable();
const former = z
  .object({ model: z.string(), ids, rows: z.array(position).min(1).max(MOST_ROWS), dense: rowsOfAll, gated: rowsOfAll })
  .transform(({ model, ids: texts, rows, dense, gated }, context) => {
    const logits = gated ?? dense;
    if (!logits) return null;
    const whole = logits.length === rows.length && logits.every((row) => row.length === logits[0].length);
    if (whole && rows.every((row) => row < texts.length)) return checkOf({ model, ids: texts, rows, logits });
    context.addIssue('rows');
    return z.NEVER;
  });

/** Reads a check.json; null where it holds no logits. */
export const checkSchema: z.ZodType<AdapterCheck | null> = z.union([today, former]);

/** The file's content. */
export const writtenCheck = (check: AdapterCheck) => ({ format: 'sieve-check', version: 2, ...check });
