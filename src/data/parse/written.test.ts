/**
 * Files as Python's csv and json and pyarrow write them, read cell by cell: 40 of each format in
 * testing/files/tables.bin.gz, made by python/sieve_ref/table_files.py. SIEVE_TABLES names another such file, of 300
 * each say.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { parseFile } from './index';

/** A text as it must be read, nothing, a number or truth value, or what a cell holds as JSON. */
type Cell = string | number | boolean | null | { json: unknown };

interface Written {
  name: string;
  bytes: number;
  columns: string[];
  rows: Cell[][];
}

const packed = readFileSync(process.env.SIEVE_TABLES ?? join(import.meta.dirname, '../testing/files/tables.bin.gz'));
const all = gunzipSync(packed) as Uint8Array<ArrayBuffer>;
const headBytes = new DataView(all.buffer, all.byteOffset).getUint32(0, true);
const files = JSON.parse(new TextDecoder().decode(all.subarray(4, 4 + headBytes))) as Written[];
const formatOf = ({ name }: Written) => name.split('.')[1];

function isSame(got: string, wanted: Cell): boolean {
  if (wanted === null) return got === '';
  if (typeof wanted === 'number') return got !== '' && Number(got) === wanted;
  if (typeof wanted === 'object') return JSON.stringify(JSON.parse(got)) === JSON.stringify(wanted.json);
  return got === String(wanted);
}

let at = 4 + headBytes;
const bodies = files.map(({ bytes }) => all.subarray(at, (at += bytes)));

it.each([...new Set(files.map(formatOf))])('%s files hold what was written', { timeout: 60_000 }, async (format) => {
  const differ: string[] = [];
  let cells = 0;
  for (const [i, file] of files.entries()) {
    if (formatOf(file) !== format) continue;
    const table = await parseFile(file.name, new Blob([bodies[i]])).catch((error: Error) => error);
    if (table instanceof Error) {
      differ.push(`${file.name}: ${table.message}`);
      continue;
    }
    const shape = `${table.columns.join()} × ${table.rows.length}`;
    if (shape !== `${file.columns.join()} × ${file.rows.length}`)
      differ.push(`${file.name}: ${shape}, not ${file.columns.join()} × ${file.rows.length}`);
    else
      for (const [r, wanted] of file.rows.entries()) {
        const got = table.rows.cells(r);
        if (table.rows.state(r) !== 'ok') differ.push(`${file.name}, row ${r}: ${table.rows.state(r)}`);
        for (const [c, cell] of wanted.entries()) {
          cells++;
          if (!isSame(got[c] ?? '', cell))
            differ.push(
              `${file.name}, row ${r}, ${file.columns[c]}: ${JSON.stringify(got[c])}, not ${JSON.stringify(cell)}`,
            );
        }
      }
  }
  expect(differ.slice(0, 8), `${differ.length} differences`).toEqual([]);
  expect(cells).toBeGreaterThan(500);
});
