import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffWords, splitWords } from './wordDiff';

const marked = (reference: string, answer: string) =>
  diffWords(reference, answer).parts.map(({ kind, text }) => ({ same: '', added: '+', removed: '-' })[kind] + text);

test('words that were put in, left out and exchanged', () => {
  expect(marked('Tom had a red ball.', 'Tom had a ball.')).toEqual(['Tom had a ', '-red ', 'ball.']);
  expect(marked('Tom had a ball.', 'Tom had a big ball.')).toEqual(['Tom had a ', '+big ', 'ball.']);
  expect(marked('The hat is red.', 'The hat is blue.')).toEqual(['The hat is ', '-red', '+blue', '.']);
  expect(diffWords('The hat is red.', 'The hat is not blue.').words).toEqual({ same: 3, added: 2, removed: 1 });
});

test('equal texts, empty texts, and texts that differ in white space only', () => {
  expect(marked('A b.', 'A b.')).toEqual(['A b.']);
  expect(marked('', '')).toEqual([]);
  expect(marked('A b', '')).toEqual(['-A b']);
  expect(marked('', 'A b')).toEqual(['+A b']);
  expect(marked('a b\nc', 'a  b c')).toEqual(['a  b c']);
});

test('languages without spaces have words too', () => {
  expect(splitWords('小猫喜欢红色的帽子。').length).toBeGreaterThan(4);
  expect(marked('小猫喜欢红色的帽子。', '小猫喜欢蓝色的帽子。')).toEqual(['小猫喜欢', '-红色', '+蓝色', '的帽子。']);
});

test('nothing of the answer is lost, and as much as can be is the same', () => {
  const word = fc.constantFrom('a', 'b', 'c', 'd ', ' e', '.', '\n', '猫', '喜欢', '🙂');
  const text = fc.array(word, { maxLength: 30 }).map((w) => w.join(' '));
  fc.assert(
    fc.property(text, text, (reference, answer) => {
      const { parts } = diffWords(reference, answer);
      expect(
        parts
          .filter((p) => p.kind !== 'removed')
          .map((p) => p.text)
          .join(''),
      ).toBe(answer);
      const keys = (t: string) => splitWords(t).map((w) => w.key);
      const known = parts
        .filter((p) => p.kind !== 'added')
        .map((p) => p.text)
        .join('');
      expect(known.replace(/\s/g, '')).toBe(reference.replace(/\s/g, ''));
      // The reference gives as many words as the answer, seen from the other side.
      const same = (d: ReturnType<typeof diffWords>) =>
        d.parts.filter((p) => p.kind === 'same').flatMap((p) => keys(p.text)).length;
      expect(same(diffWords(answer, reference))).toBe(same(diffWords(reference, answer)));
    }),
  );
});

test('what is too long to be compared counts as rewritten, in full', () => {
  const long = (w: string) => `start ${Array.from({ length: 3000 }, (_, i) => `${w}${i}`).join(' ')} end`;
  const { parts } = diffWords(long('a'), long('b'));
  expect(parts.map((p) => p.kind)).toEqual(['same', 'removed', 'added', 'same']);
});
