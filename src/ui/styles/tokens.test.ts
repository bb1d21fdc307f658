/** The palettes hold what WCAG 2.2 asks for: AA in light and dark, AAA in high contrast. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { preprocessCSS, resolveConfig } from 'vite';
import { describe, expect, test } from 'vitest';
import { contrast, parseColor } from '../charts/ramp';

/** Every sheet, in the order in which index.html names them. */
const SHEETS = [
  ...readFileSync(`${import.meta.dirname}/../../../index.html`, 'utf8').matchAll(/<link rel="stylesheet" href="(.*)"/g),
].map(([, path]) => `${import.meta.dirname}/../../..${path}`);
const css = readFileSync(`${import.meta.dirname}/tokens.css`, 'utf8');

test('the page has every sheet that there is', () => {
  const ui = join(import.meta.dirname, '..');
  const sheets = readdirSync(ui, { recursive: true }).filter((path) => String(path).endsWith('.css'));
  expect(sheets.map((path) => join(ui, String(path))).sort()).toEqual(SHEETS.map((path) => resolve(path)).sort());
});

/** Colours of a block of the sheet: name → [light, dark]. */
const palette = (text: string) =>
  new Map(
    [...text.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [
      name,
      [light, dark],
    ]),
  );
const at = css.indexOf('[data-contrast="more"] {');
const usual = palette(css.slice(0, at));
const more = palette(css.slice(at));

const RUNS = Array.from({ length: 10 }, (_, i) => `run-${i}`);

describe.each([
  ['light', usual, 0, { text: 4.5, line: 3 }],
  ['dark', usual, 1, { text: 4.5, line: 3 }],
  ['high contrast, light', more, 0, { text: 7, line: 4.5 }],
  ['high contrast, dark', more, 1, { text: 7, line: 4.5 }],
] as const)('%s', (_, colors, side, least) => {
  const of = (a: string, b: string) => contrast(parseColor(colors.get(a)![side]), parseColor(colors.get(b)![side]));

  test('text can be read on every ground it stands on', () => {
    const wrong: string[] = [];
    const hold = (a: string, b: string, bar: number) => {
      if (of(a, b) < bar) wrong.push(`${a} on ${b}: ${of(a, b).toFixed(2)}`);
    };
    for (const ground of ['paper', 'panel', 'sunken']) {
      for (const ink of ['ink', 'ink-2', 'accent', ...(ground === 'sunken' ? [] : ['bad', 'warn', 'good', ...RUNS])])
        hold(ink, ground, least.text);
    }
    hold('accent-ink', 'accent', least.text);
    for (const ink of ['ink', 'ink-2', 'accent']) hold(ink, 'accent-soft', 4.5);
    for (const [ink, soft] of [
      ['bad', 'bad-soft'],
      ['warn', 'warn-soft'],
      ['ink', 'bad-soft'],
      ['ink', 'warn-soft'],
    ])
      hold(ink, soft, least.text);
    expect(wrong).toEqual([]);
  });

  test('borders of controls, the focus ring and marks stand out', () => {
    const wrong: string[] = [];
    for (const ground of ['paper', 'panel']) {
      for (const mark of ['line-strong', 'focus', 'accent', 'bad', 'warn', 'good'])
        if (of(mark, ground) < least.line) wrong.push(`${mark} on ${ground}: ${of(mark, ground).toFixed(2)}`);
    }
    expect(wrong).toEqual([]);
  });
});

test('high contrast names every colour anew that text, lines or runs are drawn in', () => {
  expect([...usual.keys()].filter((name) => !more.has(name))).toEqual([]);
});

test('forced colours leave no ground, ink or border to the page', () => {
  const forced = css.slice(css.indexOf('(forced-colors: active)'));
  for (const name of [
    'paper',
    'panel',
    'sunken',
    'ink',
    'ink-2',
    'line',
    'line-strong',
    'accent',
    'accent-ink',
    'focus',
    'bad',
    'warn',
    'good',
  ])
    expect(forced).toMatch(new RegExp(`--${name}: [A-Z]\\w+;`));
});

test('forced colours leave text on the accent as it is, or Canvas would lie between them', () => {
  const sheets = SHEETS.map((path) => readFileSync(path, 'utf8')).join('');
  const onAccent = [...sheets.matchAll(/([^{}]+)\{[^{}]*\bcolor: var\(--accent-ink\)/g)].flatMap(([, selectors]) =>
    selectors.split(',').map((s) => s.trim()),
  );
  expect(onAccent.length).toBeGreaterThan(3);
  const forced = sheets.slice(sheets.indexOf('(forced-colors: active)'));
  const kept = [...forced.matchAll(/([^{}]+)\{\s*forced-color-adjust: none/g)].map(([, selectors]) => selectors).join();
  expect(onAccent.filter((selector) => !kept.includes(selector))).toEqual([]);
});

test.each(['serve', 'build'] as const)(
  'a browser from before light-dark() is given colours that it knows (%s)',
  async (command) => {
    const config = await resolveConfig({ logLevel: 'silent' }, command);
    const written = await Promise.all(
      SHEETS.map(
        async (path) => [basename(path), (await preprocessCSS(readFileSync(path, 'utf8'), path, config)).code] as const,
      ),
    );
    expect(written.filter(([, code]) => code.includes('light-dark(')).map(([file]) => file)).toEqual([]);
    // Each place that sets the colour scheme says which of two colours counts.
    const tokens = new Map(written).get('tokens.css')!;
    expect(css.match(/color-scheme:/g)).toHaveLength(4);
    expect(tokens.match(/--lightningcss-light:[^;]*;\s*--lightningcss-dark:[^;]*;\s*color-scheme:/g)).toHaveLength(4);
  },
);
