/**
 * Writes the sample sets into public/datasets. With --check nothing is written: exits 1 when a file differs.
 * `node python/samples/generate.mjs`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { feelings } from './feelings.mjs';
import { shipsLog } from './shipsLog.mjs';

const SEED = 20261123;
const COUNT = 720;

const quote = (s) => (/[",\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);
const files = {
  'ships-log/ships-log.jsonl': shipsLog(SEED, COUNT).map((e) => `${JSON.stringify(e)}\n`).join(''),
  'feelings/feelings.csv': `text,label\n${feelings(SEED + 1, COUNT).map((e) => `${quote(e.text)},${e.label}\n`).join('')}`,
};

const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(files)) {
  const url = new URL(`../../public/datasets/${name}`, import.meta.url);
  if (!check) writeFileSync(url, text);
  else if (readFileSync(url, 'utf8') !== text) {
    console.error(`public/datasets/${name} is not what the script makes`);
    process.exitCode = 1;
  }
}
