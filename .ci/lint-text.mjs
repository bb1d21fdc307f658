/**
 * Looks through the committed text for what no linter knows: notes left behind, a test that keeps the others from
 * running, HTML from strings, storages that a browser may refuse, paths of one machine, hosts of a private registry,
 * and words that the page and the docs never say (`words.mjs`).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isRead, wordsOf } from './words.mjs';

const source = /\.(tsx?|mjs|wgsl|py|css|html)$/;
/** [files, pattern, why]. */
const RULES = [
  [
    /^src\/ui\/(?!styles\/tokens\.css$).*\.css$/,
    /#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch|oklab|lab|lch|color)a?\([^)]*\d/i,
    'a literal colour: name it in src/ui/styles/tokens.css',
  ],
  [
    /^src\/ui\/(?!.*\.test\.|charts\/ramp\.ts$).*\.tsx?$/,
    /['"`:]#[0-9a-f]{3,8}['"`;]/i,
    'a literal colour: name it in src/ui/styles/tokens.css',
  ],
  [
    /^(?!docs\/).*\.(tsx?|mjs|wgsl|py|css|html)$/,
    /^(?=.{121})\s*(\/?\*|\/\/|#)/m,
    'a comment of more than 120 columns',
  ],
  [/^(?!docs\/).*\.wgsl$/, /^.{121}/m, 'a line of more than 120 columns'],
  [source, /\b(TODO|FIXME|XXX)\b/, 'a note left behind: do it or make it an issue'],
  [/\.(test|spec)\./, /\b(test|it|describe)\.only\(/, 'keeps every other test from running'],
  [source, /innerHTML|dangerouslySetInner/, 'HTML made from strings: user data must reach the page as text'],
  [source, /catch\s*(\(\w+\))?\s*\{\s*\}/, 'an error swallowed without a word'],
  [
    /^src\/(?!shared\/(siteData|startWorker)\.ts$|serviceWorker\.ts$|.*\.test\.).*\.tsx?$/,
    /(?<!['"])\b(localStorage|sessionStorage|indexedDB)\b|\bcaches\.(open|match|has|keys|delete)\b|\bnavigator\b.*\.(storage|locks|serviceWorker)\b|\b(storage|locks|serviceWorker)\b[^{}]*\} = .*navigator\b/,
    'a storage that a browser may refuse: ask for it in src/shared/siteData.ts',
  ],
  [
    /^src\/(?!shared\/startWorker\.ts$|engine\/device\/cpu\/nodeThreads\.ts$|.*\.test\.).*\.tsx?$/,
    /\bnew Worker\(/,
    'a worker that may not start and nobody notices: start it in src/shared/startWorker.ts',
  ],
  [/./, /["'` (=](\/work\/|\/root\/|\/home\/\w)/, 'a path of one machine'],
  [
    /package-lock\.json$|\.npmrc$|requirements.*\.txt$/,
    /"resolved": "http|registry\s*=|index-url[ =]+http/,
    'a registry host: the installer decides where packages come from',
  ],
];

const all = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((f) => existsSync(f));
const files = all.filter(
  (f) =>
    /\.(tsx?|mjs|wgsl|py|css|html|json|txt|npmrc|toml)$|^\.ci\/run$/.test(f) &&
    !f.startsWith('public/') &&
    f !== '.ci/lint-text.mjs',
);
let errors = 0;
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  for (const [which, pattern, why] of RULES) {
    if (!which.test(file) || !pattern.test(text)) continue;
    text.split('\n').forEach((line, i) => {
      if (!pattern.test(line)) return;
      errors++;
      console.error(`error: ${file}:${i + 1}: ${why}: ${line.trim().slice(0, 120)}`);
    });
  }
}
const read = all.filter(isRead);
for (const file of read)
  for (const { line, word, say } of wordsOf(file, readFileSync(file, 'utf8'))) {
    errors++;
    console.error(`error: ${file}:${line}: “${word}”: say ${say}`);
  }
console.log(`text: ${files.length} files, words of ${read.length}, ${errors} errors`);
process.exit(errors ? 1 : 0);
