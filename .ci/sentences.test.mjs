/** No sentence about a method without what carries it: docs/claims/sentences.md lists each. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path) => readFileSync(path, 'utf8');
const LIST = 'docs/claims/sentences.md';
const TEXTS = 'src/shared/texts/en';
const SOURCES = [
  'README.md',
  'index.html',
  'python/README.md',
  ...['method', 'data', 'terminal', 'screens'].map((name) => `docs/${name}.md`),
  ...readdirSync(TEXTS, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${TEXTS}/${name}`),
];
/** What such a sentence is known by. */
const SAYS =
  /\b(better|worse|beat(s|ing)?|outperforms?|help(s|ed)? (a little )?(more|less)|regulari[sz]es?|too small|useful values|much of what|at no cost|without loss|pays? off|saves? (no work|FLOPs)|jumps from|for good|stays closed|then held|suits? them)\b/i;
/** What a figure means, a verdict that the user's own numbers fill in, or an answer's rank. */
const NO_CLAIM = [
  /\$\{/,
  /lower (loss|values?)?.*(is|are) better/i,
  /(is|are) better (than the|where|as)/i,
  /below 0 is better/i,
  /(cannot|can) tell which is better|which (method|run|answer|of)?.*better/i,
  /^(better|worse)$/i,
  /better (in|by)|\| better/,
  /has not been measured/,
];

const rows = read(LIST)
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| sentence '))
  .map((line) => {
    const [sentence, place, by] = line.slice(2, -2).split(' | ');
    const [, path, words] = /^`([^`]+)`: (.+)$/.exec(by);
    return { sentence, place: place.slice(1, -1), path, words };
  });

test.each(rows)('$sentence', ({ sentence, place, path, words }) => {
  expect(read(place)).toContain(sentence);
  expect(read(path)).toContain(words);
});

/** Sentences of prose, or of the strings of a catalogue. */
function sentencesOf(path) {
  const text = path.endsWith('.ts')
    ? [...read(path).matchAll(/'((?:[^'\\\n]|\\.)*)'|`([^`]*)`/g)].map(([, a, b]) => a ?? b).join('\n')
    : read(path);
  return text.split(/(?<=[.!?:;])\s|\n/).map((s) => s.trim());
}

test('no other sentence says what a method gains', () => {
  const listed = rows.map(({ sentence }) => sentence);
  const unlisted = SOURCES.flatMap((path) =>
    sentencesOf(path)
      .filter((s) => SAYS.test(s) && !NO_CLAIM.some((no) => no.test(s)))
      .filter(
        (s) => !listed.some((own) => s.includes(own.replace(/[.;:]$/, '')) || own.includes(s.replace(/[.;:]$/, ''))),
      )
      .map((s) => `${path}: ${s}`),
  );
  expect(unlisted).toEqual([]);
});
