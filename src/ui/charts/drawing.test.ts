import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

test('a drawing stands on the page in the frame that gives it a table and files', () => {
  const parts = readdirSync('src/ui', { recursive: true }).map(String);
  const shown = parts.filter(
    (path) => path.endsWith('.tsx') && / <DrawingView\b/.test(readFileSync(`src/ui/${path}`, 'utf8')),
  );
  // The small one in a button opens the one in the frame.
  const allowed = ['charts/Figure.tsx', 'charts/drawing.tsx', 'sieve/SkipSummary.tsx'];
  expect(shown.sort()).toEqual(allowed);
});
