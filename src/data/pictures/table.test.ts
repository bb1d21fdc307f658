import { expect, it } from 'vitest';
import { zipSync } from 'fflate';
import type { OwnFile } from '../../shared/data';
import type { PictureFormat } from '../../shared/types';
import { parseFiles } from '../parse';
import { openSources } from '../parse/source';
import fixture from '../../../python/fixtures/pictures.json';
import { patchesOf, readPicture } from './patches';
import { picturesAmong, pictureTable } from './table';

const bytes = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
const png = bytes(fixture.encoded[0].bytes);
const zipped = (paths: readonly string[]) => {
  const file = zipSync(Object.fromEntries(paths.map((path, i) => [path, Uint8Array.of(...png, i)])));
  return { path: 'pets.zip', file: new Blob([file as Uint8Array<ArrayBuffer>]) };
};
const tableOf = async (files: readonly OwnFile[]) => pictureTable(picturesAmong(await openSources(files)));
const read = (...paths: string[]) => tableOf([zipped(paths)]);
const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => null,
    (error: unknown) => (error as { code: string }).code,
  );

it('a zip of folders is a table of pictures and classes', async () => {
  const table = await read(
    'pets/dog/b.png',
    'pets/cat/a.jpg',
    'pets/cat/c.webp',
    '__MACOSX/pets/cat/._a.jpg',
    'pets/readme.md',
  );
  expect(table.paths).toEqual(['pets/cat/a.jpg', 'pets/cat/c.webp', 'pets/dog/b.png']);
  expect(table.labels).toEqual(['cat', 'cat', 'dog']);
  expect(table.validationFrom).toBeNull();
  // The last byte of each tells which it is: dog/b.png was packed first.
  expect((await table.file(2)).at(-1)).toBe(0);
  expect((await table.file(0)).at(-1)).toBe(1);
});

it('a folder is read as a zip is', async () => {
  const table = await tableOf(['cat/1.png', 'dog/1.png', 'dog/2.png'].map((path) => ({ path, file: new Blob([png]) })));
  expect(table.paths.length).toBe(3);
  expect(await table.file(1)).toEqual(png);
});

it('folders above the classes say what is measured on', async () => {
  const given = await read('train/cat/1.png', 'train/dog/2.png', 'val/cat/3.png', 'test/dog/4.png');
  expect(given.validationFrom).toBe(2);
  expect(given.paths).toEqual(['train/cat/1.png', 'train/dog/2.png', 'val/cat/3.png']);
  const onlyTest = await read('train/cat/1.png', 'train/dog/2.png', 'test/dog/4.png');
  expect([onlyTest.validationFrom, onlyTest.paths.length]).toEqual([2, 3]);
});

it('pictures that are in no folders by class are refused with what to do', async () => {
  expect(await codeOf(read('1.png', '2.png'))).toBe('data.pictures.folders');
  expect(await codeOf(read('cat/1.png', 'cat/2.png'))).toBe('data.pictures.folders');
});

it('dropped pictures are a table of their paths and classes', async () => {
  const { rows, columns, format: read, picture, packed } = await parseFiles([zipped(['cat/1.png', 'dog/2.png'])]);
  expect([read, columns, rows.length]).toEqual(['pictures', ['picture', 'label'], 2]);
  expect(rows.cells(1)).toEqual(['dog/2.png', 'dog']);
  expect(packed).not.toBeNull();
  expect((await picture!(1)).at(-1)).toBe(1);
});

it('data with a few pictures beside them are data', async () => {
  const file = zipSync({ 'a.csv': new TextEncoder().encode('a,b\n1,2\n3,4\n'), 'b.png': png, 'c.md': png });
  const table = await parseFiles([{ path: 'x.zip', file: new Blob([file as Uint8Array<ArrayBuffer>]) }]);
  expect(table.format).toBe('csv');
});

const format: PictureFormat = { side: 2, patch: 3, resample: 2, scale: [1, 1, 1], shift: [0, 0, 0] };

it('patches lie row by row, a channel at a time', () => {
  // Of pixel (y, x) and channel c: 40 c + 6 y + x.
  const pixels = Uint8Array.from({ length: 108 }, (_, i) => 40 * (i % 3) + Math.floor(i / 3));
  const patches = patchesOf(pixels, format);
  const of = (patch: number, c: number) => [...patches.subarray(27 * patch + 9 * c, 27 * patch + 9 * c + 9)];
  expect(of(0, 0)).toEqual([0, 1, 2, 6, 7, 8, 12, 13, 14]);
  expect(of(1, 2)).toEqual([3, 4, 5, 9, 10, 11, 15, 16, 17].map((v) => v + 80));
  expect(of(2, 1)).toEqual([18, 19, 20, 24, 25, 26, 30, 31, 32].map((v) => v + 40));
});

it('what is too large is not decoded, and what is damaged says so', async () => {
  const decode = () => Promise.reject(new Error('broken'));
  const head = (width: number) => {
    const file = png.slice();
    new DataView(file.buffer).setUint32(16, width);
    return file;
  };
  expect(await codeOf(readPicture(head(60_000), 'a.png', { format, decode }))).toBe('data.pictures.pixels');
  expect(await codeOf(readPicture(png, 'a.png', { format, decode }))).toBe('data.pictures.damaged');
  expect(await codeOf(readPicture(new Uint8Array(40), 'a.png', { format, decode }))).toBe('data.pictures.foreign');
});

it('a picture is decoded, resized and cut', async () => {
  const { from, resample } = fixture.resized[1];
  const decode = () => Promise.resolve({ ...from, values: bytes(from.values) });
  const patches = await readPicture(png, 'a.png', { format: { ...format, resample }, decode });
  expect(patches.length).toBe(108);
});
