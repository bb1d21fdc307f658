/**
 * What the data place does with pictures that are dropped: read, prepared for a model that reads pictures, listed,
 * edited.
 */
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { pictureTokenizer } from '../hub/pictures';
import { NO_REPAIRS } from '../data/repair';
import { byteTokenizer } from '../data/testing/bytes';
import { type OwnFile, type PrepareOptions, READ_AUTO } from '../shared/data';
import type { PictureFormat, Tokenizer } from '../shared/types';
import { DataDesk } from './dataDesk';
import type { DataReplies, DataRequest } from './protocol';
import { decodePng, PATTERNS, patternFiles, patternZip } from './testing/patterns';
import { PICTURES } from './testing/pictures';

const FORMAT: PictureFormat = { side: 4, patch: 4, resample: 2, scale: [1, 1, 1], shift: [0, 0, 0] };
const PICTURE = 3 * 16 * 16;

const OPTIONS = { ...PICTURES, maxSequenceLength: 17, validationShare: 0.25 };

function open(tokenizer: Tokenizer = pictureTokenizer(FORMAT)) {
  const asked: string[] = [];
  const desk = new DataDesk(
    () => () => Promise.reject(new Error('no chats here')),
    (file, type) => {
      asked.push(type);
      return decodePng(file, type);
    },
  );
  desk.useTokenizer(tokenizer);
  const ask = async <T extends DataRequest['type']>(request: Extract<DataRequest, { type: T }>) =>
    (await desk.answer(request, {})).value as T extends keyof DataReplies ? DataReplies[T] : never;
  const parse = (files: OwnFile[]) => ask({ type: 'parse', files, choices: READ_AUTO });
  const prepare = (patch: Partial<PrepareOptions> = {}) => ask({ type: 'prepare', options: { ...OPTIONS, ...patch } });
  return { ask, parse, prepare, asked };
}

const zip = (files: Record<string, Uint8Array>): OwnFile[] => [
  { path: 'patterns.zip', file: new Blob([zipSync(files, { level: 0 }) as Uint8Array<ArrayBuffer>]) },
];
const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => null,
    (error: unknown) => (error as { code: string }).code,
  );

describe('pictures under Data', () => {
  it('a zip of them becomes sets to train on, the same share of every class in both', async () => {
    const { ask, parse, prepare } = open();
    const parsed = await parse([{ path: 'patterns.zip', file: new Blob([patternZip(40)]) }]);
    expect(parsed).toMatchObject({ rowCount: 40, table: { format: 'pictures', columns: ['picture', 'label'] } });
    expect(parsed.detection.mapping).toEqual(OPTIONS.mapping);
    expect(parsed.detection.evidence[0].params).toEqual({ n: 4, some: PATTERNS.join(', '), more: false });
    // A function cannot cross to the page.
    expect(structuredClone(parsed.table)).toEqual(parsed.table);

    const { report, train, validation, preview } = await prepare();
    expect(report).toMatchObject({ usable: 40, train: 30, validation: 10, tokens: 40 * 17, problem: null, issues: [] });
    for (const { train: t, validation: v } of report.labels!) expect([t + v, v >= 2]).toEqual([10, true]);
    expect(train.labels!.classes).toEqual(PATTERNS);
    expect(train.pictures!.values.length).toBe(30 * PICTURE);
    expect([...train.ids.subarray(0, 18)]).toEqual([...Array(17).keys(), 0]);
    expect([...validation.supervised].reduce((a, b) => a + b)).toBe(10);
    expect(preview[0].picture).toMatchObject({ side: 4, label: 'bars', shown: { size: 16 } });

    const { rows, total } = await ask({ type: 'list', filter: 'all', search: 'dots', also: [], from: 0, count: 3 });
    expect(total).toBe(10);
    expect(rows[0].texts).toEqual([expect.stringMatching(/^patterns\/dots\/\d+\.png$/), 'dots']);
    expect(rows[0].picture!.values.length).toBe(PICTURE);
  });

  it('labels are edited, pictures left out; what was decoded stays', async () => {
    const { ask, parse, prepare, asked } = open();
    await parse(zip(patternFiles(16)));
    await prepare();
    expect(asked).toEqual(Array(16).fill('image/png'));
    const { report } = await prepare({ edits: { excluded: [0], changed: [[4, ['patterns/checks/x.png', 'dots']]] } });
    expect(asked.length).toBe(16);
    expect(report).toMatchObject({ usable: 15, excluded: 1, changed: 1 });
    expect(Object.fromEntries(report.labels!.map((l) => [l.label, l.train + l.validation]))).toEqual({
      bars: 3,
      checks: 3,
      dots: 5,
      stripes: 4,
    });
    const detail = await ask({ type: 'detail', item: 4 });
    expect(detail!.example!.picture!.label).toBe('dots');
  });

  it('what cannot be read is an issue of its row, copies are told', async () => {
    const files = patternFiles(8);
    const [first, second, third] = Object.keys(files);
    const huge = Uint8Array.from(files[second]);
    new DataView(huge.buffer).setUint32(16, 60_000);
    const { ask, parse, prepare } = open();
    await parse(
      zip({ ...files, [first]: new Uint8Array(50), [second]: huge, 'patterns/dots/again.png': files[third] }),
    );
    const { report } = await prepare();
    expect(report.usable).toBe(7);
    const [broken, copies] = report.issues;
    expect(broken).toMatchObject({ issue: 'picture', rows: 2 });
    expect(broken.examples.map(({ text }) => (text as { code: string }).code).sort()).toEqual([
      'data.pictures.foreign',
      'data.pictures.pixels',
    ]);
    expect(copies).toMatchObject({ issue: 'duplicate', rows: 1 });
    const once = await prepare({ repairs: { ...NO_REPAIRS, duplicate: true } });
    expect(once.report.examples).toBe(6);
    const { rows } = await ask({ type: 'list', filter: 'picture', search: '', also: [], from: 0, count: 9 });
    expect(rows.map((r) => [r.side, r.picture])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  it('nothing is decoded where they are too many to be held', async () => {
    const { parse, prepare, asked } = open(pictureTokenizer({ ...FORMAT, side: 63, patch: 64 }));
    await parse(zip(patternFiles(8)));
    expect(await codeOf(prepare())).toBe('data.pictures.tooMuch');
    expect(asked).toEqual([]);
  });

  it('texts and pictures are told apart by the model', async () => {
    const texts = open(byteTokenizer);
    await texts.parse(zip(patternFiles(8)));
    expect(await codeOf(texts.prepare())).toBe('data.pictures.textModel');
    const pictures = open();
    await pictures.parse([{ path: 'a.csv', file: new Blob(['text,label\na,b\nc,d\n']) }]);
    expect(await codeOf(pictures.prepare())).toBe('data.pictures.pictureModel');
  });
});
