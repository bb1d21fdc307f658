import { readFileSync, readdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { Shipped } from '../data';
import { en } from './en';
import { errors } from './en/errors';
import { LANGUAGES, language, speak, texts } from './index';
import { zh } from './zh';

afterEach(() => speak('en'));

/** With what goes wrong. */
const ALL = { ...en, errors };

/** Every entry by its path; what a function says is seen from its source. */
function entries(node: unknown, path = ''): [string, string][] {
  if (typeof node === 'string') return [[path, node]];
  if (typeof node === 'function') return [[path, String(node)]];
  return Object.entries(node as object).flatMap(([key, value]) => entries(value, path ? `${path}.${key}` : key));
}

/** Each once: where one language has a plural of its own, its places stand twice. */
const places = (text: string) => [...new Set([...text.matchAll(/(?<!\$)\{(\w+)\}/g)].map((m) => m[1]))].sort();

test('both languages have the same entries, with the same places', () => {
  const [english, chinese] = [entries(ALL), new Map(entries(zh))];
  expect([...chinese.keys()].sort()).toEqual(english.map(([path]) => path).sort());
  for (const [path, text] of english) expect(places(chinese.get(path)!), path).toEqual(places(text));
});

/** Names of two words, which are the same in every language. */
const NAMES = new Set(['ONNX Runtime', 'llama.cpp']);

test('every Chinese entry is Chinese, names and signs aside', () => {
  const han = /\p{Script=Han}/u;
  // Of a function, what it says stands in quotes.
  const said = (text: string) =>
    text.includes('=>') ? [...text.matchAll(/(['"`])(.*?)\1/gs)].map((m) => m[2]).join(' ') : text;
  const words = (text: string) =>
    said(text)
      .replaceAll(/\$?\{\w+\}/g, '')
      .match(/[a-z]{3,}/gi) ?? [];
  const english = new Map(entries(ALL));
  const untranslated = entries(zh).filter(
    ([path, text]) => !han.test(text) && !NAMES.has(text) && english.get(path) === text && words(text).length > 1,
  );
  expect(untranslated).toEqual([]);
});

test('the language in use is what was last asked for', async () => {
  expect([language(), texts()]).toEqual(['en', ALL]);
  await speak('zh');
  expect([language(), texts()]).toEqual(['zh', zh]);
  // Whoever changes their mind while a catalogue is on its way has the last word.
  await speak('en');
  await Promise.all([speak('zh'), speak('en')]);
  expect([language(), texts()]).toEqual(['en', ALL]);
});

const listed = (folder: string) => JSON.parse(readFileSync(`public/${folder}/index.json`, 'utf8')) as Shipped[];

test('the list of models has each that ships', () => {
  const folders = readdirSync('public/models', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(
    listed('models')
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(folders.map(({ name }) => name).toSorted());
});

test('every model and sample set has its words in every language', () => {
  const others = Object.keys(LANGUAGES).filter((l) => l !== 'en');
  for (const { id, title, description, in: words } of [...listed('models'), ...listed('datasets')]) {
    expect([title, description].every(Boolean), id).toBe(true);
    expect(Object.keys(words ?? {}), id).toEqual(others);
  }
});
