import { expect, test } from 'vitest';
import { drawPatches } from './drawPatches';
import type { Surface } from './surface';

test('a saved picture shows active patches as they are and fades what is skipped', () => {
  // 2 × 2 patches of 2 × 2 pixels, all of one red.
  const shown = { size: 4, values: new Uint8Array(48).map((_, i) => (i % 3 === 0 ? 200 : 0)) };
  const fills: string[] = [];
  const to = { rect: ({ fill }) => fills.push(fill!) } as Pick<Surface, 'rect'> as Surface;
  const picture = { shown, side: 2, label: 'red', example: 0, of: 1 };
  drawPatches(picture, [0, 1, 0, 1, 1], { panel: 'rgb(255, 255, 255)' }).draw(to);
  expect(fills.length).toBe(16);
  const [active, skipped] = ['rgb(200, 0, 0)', 'rgb(247, 217, 217)'];
  expect(fills.slice(0, 4)).toEqual([active, active, skipped, skipped]);
  expect(new Set(fills.slice(8))).toEqual(new Set([active]));
});
