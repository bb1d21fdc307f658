import { expect, it } from 'vitest';
import { configText, withFields } from './configText';

it('changes, adds and takes out fields, and leaves the others as they were written', () => {
  const text = `{ "a": 4.0, "list": [1.0, {"x": "}, \\"b\\": 3"}], "b":1e-05,"quoted": "say \\"{\\", please",
    "rope": {"factor": 32.0, "b": 2}, "last": null}`;
  const changed = withFields(text, { b: 7, list: undefined, c: { d: ['e'] } });
  expect(JSON.parse(changed)).toEqual({
    a: 4,
    quoted: 'say "{", please',
    rope: { factor: 32, b: 2 },
    last: null,
    b: 7,
    c: { d: ['e'] },
  });
  expect(changed).toContain('"a": 4.0');
  expect(changed).toContain('"rope": {"factor": 32.0, "b": 2}');
  expect(withFields(withFields(text, {}), {})).toBe(withFields(text, {}));
  expect(withFields('{}', { a: 1 })).toBe('{\n  "a": 1\n}\n');
});

it('writes what Python has as a float with a point', () => {
  const text = configText({ rope_theta: 10000, rms_norm_eps: 1e-5, hidden_size: 64, embedding_multiplier: -12 });
  expect(text).toContain('"rope_theta": 10000.0,');
  expect(text).toContain('"rms_norm_eps": 0.00001,');
  expect(text).toContain('"hidden_size": 64,');
  expect(text).toContain('"embedding_multiplier": -12.0\n');
});
