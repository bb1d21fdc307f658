import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { claimsPage } from './claims.mjs';

/** README and docs say nothing that the code or the evidence does not carry: what can be counted is counted here. */
const read = (path) => readFileSync(path, 'utf8');
const readme = read('README.md');
const DOCS = ['README.md', ...['ARCHITECTURE', 'adding', 'data', 'method', 'testing'].map((name) => `docs/${name}.md`)];

/** All text files below `folder`. */
const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|wgsl|json)$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`);
/** Without comments: they may mention whatever they like. */
const codeOf = (text) => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
const isTest = (path) => /\.test\.tsx?$|\/testing\//.test(path);
/** What is the app, without its tests. */
const APP = ['index.html', ...filesOf('src'), ...filesOf('public')].filter((path) => !isTest(path));
const SOURCE = APP.filter((path) => /\.tsx?$/.test(path)).map(read);
/** Each file's code: every recipe looks through all of them. */
const CODE = new Map(APP.map((path) => [path, codeOf(read(path))]));

const named = (text) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name);
const isPath = (name) => /^(src|e2e|bench|fuzz|reference|docs|public|\.ci)\/[^\s*<]*$|^index\.html$/.test(name);

test.each(DOCS)('%s names files that are there', (doc) => {
  expect(named(read(doc)).filter((name) => isPath(name) && !existsSync(name))).toEqual([]);
  const folder = doc.includes('/') ? 'docs/' : '';
  const links = [...read(doc).matchAll(/\]\(([^)#]+)\)/g)].map(([, to]) => to).filter((to) => !to.startsWith('https:'));
  expect(links.filter((to) => !existsSync(folder + to))).toEqual([]);
});

test('the architecture names functions, methods and types that are there', () => {
  const names = named(read('docs/ARCHITECTURE.md')).filter((name) => /^(#?[A-Za-z]+)(\.[A-Za-z]+)?$/.test(name));
  const parts = names.flatMap((name) => name.split('.'));
  const gone = parts.filter((part) => !SOURCE.some((text) => new RegExp(`(?<![\\w#])${part}\\b`).test(text)));
  expect(parts.length).toBeGreaterThan(20);
  expect(gone).toEqual([]);
});

test('the README is short', () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
});

test('its findings are those of the first runs', () => {
  const rows = readme
    .slice(readme.indexOf('## Findings'), readme.indexOf('## How it works'))
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .slice(1);
  const cells = rows.flatMap((row) => row.split(' | ').slice(1)).map((cell) => cell.replace(/ \|$/, ''));
  expect(cells.length).toBe(10);
  const claims = read('docs/claims/first-runs.md');
  expect(cells.filter((cell) => cell !== '–' && !claims.includes(cell))).toEqual([]);
});

test('the page of the claims has all of them, and no script', () => {
  const page = claimsPage(read('docs/claims.md'));
  const tables = read('docs/claims.md').match(/^\| :?---?/gm) ?? [];
  expect(page.match(/<table>/g) ?? []).toHaveLength(tables.length);
  // It stands alone, so its figure is in it.
  expect(page.match(/<svg/g) ?? []).toHaveLength((read('docs/claims.md').match(/^!\[/gm) ?? []).length);
  expect(page).not.toMatch(/<script|<img|href="(?!https:)/);
});

test('shared/ knows no page', () => {
  const knows = APP.filter((path) => path.startsWith('src/shared/') && !path.startsWith('src/shared/texts/'));
  expect(knows.filter((path) => /\b(document|window)\./.test(read(path)))).toEqual([]);
});

/**
 * The recipes: `- **A kernel**, as `steer` (a folder, 1 file): …` names every file that mentions the example, outside
 * of its own folder. How that mention looks, and where else the example is named for a reason of its own.
 */
const RECIPES = {
  model: { mention: (name) => new RegExp(`\\b${name}\\b`) },
  'model family': { mention: (name) => new RegExp(`'${name}'`) },
  method: {
    mention: (name) => new RegExp(`['"/](ts-)?${name}['":/]|\\b${name}:|(?<!TS_)${name.toUpperCase()}\\b`),
    // TS_… is what files call it with gates, which follows from its name.
    // A kernel for it alone is a kernel; an experiment starts with some methods.
    except: /^src\/(engine\/kernels|store\/experiments\/presets)/,
  },
  // Its kernel is called so, too.
  'gate rule': { mention: (name) => new RegExp(`'${name}'|\\b${name}(Rule\\b|:)`), except: /^src\/engine\/kernels/ },
  kernel: { mention: (name) => new RegExp(`kernels/${name}/|\\./${name}/`) },
  'data format': { mention: (name) => new RegExp(`\\b${name}\\b`, 'i') },
  setting: { mention: (name) => new RegExp(`\\b${name}\\b`) },
  language: { mention: (name) => new RegExp(`\\b${name}\\b`) },
};
const recipes = [
  ...read('docs/adding.md').matchAll(/^- \*\*An? ([a-z ]+)\*\*, as `([\w-]+)` \((.*?)(\d+) files?\): (.*)$/gm),
];

test('there is a recipe for each', () => {
  expect(recipes.map(([, what]) => what)).toEqual(Object.keys(RECIPES));
});

const each = recipes.map(([, what, name, folder, count, text]) => ({ what, name, folder, count, text }));
test.each(each)('to add a $what', ({ what, name, folder, count, text }) => {
  const { mention, except } = RECIPES[what];
  const names = named(text).map((path) => path.replaceAll('<name>', name));
  const paths = names.filter(isPath);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  const folders = paths.filter((path) => path.endsWith('/'));
  // What stands in the folder by name is there.
  const inside = names.filter((path) => !path.includes('/') && path.startsWith(`${name}.`));
  expect(inside.filter((path) => !folders.some((own) => existsSync(own + path)))).toEqual([]);
  const mentions = APP.filter((path) => mention(name).test(CODE.get(path)) && !except?.test(path));
  const outside = mentions.filter((path) => !folders.some((own) => path.startsWith(own)));
  expect(outside.filter((path) => !paths.includes(path))).toEqual([]);
  expect([outside.length, folders.length > 0]).toEqual([Number(count), folder !== '']);
});
