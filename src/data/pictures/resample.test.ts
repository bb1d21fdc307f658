import { expect, it } from 'vitest';
import fixture from '../../../python/fixtures/pictures.json';
import { resize } from './resample';

const bytes = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

it.each(fixture.resized)(
  '$from.width × $from.height to $to.width × $to.height by filter $resample is Pillow’s',
  (f) => {
    const { from, to, resample } = f;
    const { values, ...size } = resize({ ...from, values: bytes(from.values) }, to, resample);
    expect(size).toEqual({ width: to.width, height: to.height });
    expect([...values]).toEqual([...bytes(to.values)]);
  },
);
