import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** docs/faults.md promises thirty things, and says which test holds each: none of them may have gone. */
const rows = readFileSync('docs/faults.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('thirty faults, each with a promise and a test', () => {
  expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  for (const [, number, , promise, held] of rows)
    expect([number, promise !== '', /`(src|e2e)\/[^`]+\.(test|spec)\.ts`/.test(held)]).toEqual([number, true, true]);
});

test('every file and name of a test is there', () => {
  const missing = rows.flatMap(([, number, , , held]) =>
    [...held.matchAll(/`((?:src|e2e)\/[^`]+)`((?:[ ,]*“[^”]+”)*)/g)].flatMap(([, file, names]) => {
      if (!existsSync(file)) return [`${number}: ${file}`];
      const source = readFileSync(file, 'utf8');
      return [...names.matchAll(/“([^”]+)”/g)]
        .map(([, name]) => name.replace(/ ?…$/, ''))
        .filter((name) => !source.includes(name))
        .map((name) => `${number}: ${name} in ${file}`);
    }),
  );
  expect(missing).toEqual([]);
});
