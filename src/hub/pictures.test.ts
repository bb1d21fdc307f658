import { expect, it } from 'vitest';
import { pictureTokenizer, readPictureFormat } from './pictures';

const PATCHES = { side: 14, patch: 16 };
const read = (json: unknown) => readPictureFormat(json, PATCHES);
const said = (json: unknown) => {
  try {
    read(json);
  } catch (error) {
    return (error as Error).message;
  }
  return null;
};

it('reads what google/vit-base-patch16-224 says', () => {
  const format = read({
    do_normalize: true,
    do_resize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    size: 224,
  });
  expect(format).toMatchObject({ side: 14, patch: 16, resample: 2 });
  // 0 and 255 become −1 and 1.
  expect(format.shift).toEqual([-1, -1, -1]);
  expect(255 * format.scale[0] + format.shift[0]).toBeCloseTo(1, 12);
});

it('channels are scaled each for itself; what is not said is as transformers has it', () => {
  const { scale, shift } = read({
    image_mean: [0.1, 0.2, 0.3],
    image_std: [0.5, 0.25, 1],
    size: { height: 224, width: 224 },
  });
  [0.5, 0.25, 1].forEach((std, c) => {
    expect(100 * scale[c] + shift[c]).toBeCloseTo((100 / 255 - [0.1, 0.2, 0.3][c]) / std, 12);
  });
  expect(read({ do_normalize: false, do_rescale: false })).toMatchObject({ scale: [1, 1, 1], shift: [0, 0, 0] });
});

it.each([
  [{ size: 256 }, '256'],
  [{ size: { shortest_edge: 224 } }, 'shortest_edge'],
  [{ size: { height: 224, width: 200 } }, 'height'],
  [{ do_center_crop: true }, 'do_center_crop'],
  [{ do_resize: false }, 'do_resize'],
  [{ resample: 5 }, 'resample'],
  [{ image_std: [0, 1, 1] }, 'image_std'],
  [{ image_mean: [0.5] }, 'image_mean'],
  [[], 'preprocessor_config.json'],
])('refuses %j', (json, named) => {
  expect(said(json)).toContain(named);
});

it('tokens are places, and no text has any', () => {
  const { pieces, encode, largestId } = pictureTokenizer({ ...read({}), side: 3 });
  expect(pieces([0, 1, 3, 4, 9])).toEqual(['[CLS]', '1, 1', '1, 3', '2, 1', '3, 3']);
  expect([encode('a fox').length, largestId]).toEqual([0, 9]);
});
