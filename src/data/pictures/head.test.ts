import { expect, it } from 'vitest';
import fixture from '../../../python/fixtures/pictures.json';
import { pictureHead } from './head';

const bytes = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

it.each(fixture.encoded)('$format, $width × $height', ({ format, width, height, bytes: file }) => {
  const head = bytes(file);
  expect(pictureHead(head)).toEqual({ format, width, height });
  for (let end = 0; end < 30; end++)
    expect(pictureHead(head.slice(0, end)) ?? { format, width, height }).toEqual({ format, width, height });
});

it('a length of nothing does not hang', () => {
  expect(pictureHead(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0))).toBeNull();
});

it('other files are no pictures', () => {
  for (const text of ['', 'GIF89a', '{"a": 1}', 'RIFF\0\0\0\0WAVE'])
    expect(pictureHead(new TextEncoder().encode(text))).toBeNull();
});
