import { expect, test } from 'vitest';
import type { ChartColors } from './chartColors';
import { svgOf, toCsv } from './saveChart';

test('CSV quotes what must be quoted, leaves gaps empty and disarms formulas', () => {
  expect(
    toCsv([
      ['step', 'a, b', 'say "x"'],
      [1, null, NaN],
      [0.1, '=1+1', 'two\nlines'],
      [-2.5, undefined, '-x'],
    ]),
  ).toBe('step,"a, b","say ""x"""\r\n1,,\r\n0.1,\'=1+1,"two\nlines"\r\n-2.5,,\'-x\r\n');
});

test('an SVG has its title, its drawing moved below it, and no markup of the data', () => {
  const colors = { panel: '#fff', ink: '#000' } as ChartColors;
  const svg = svgOf(
    'Loss & <more>',
    {
      width: 100,
      height: 50,
      draw: (to) => {
        to.rect({ x: 0, y: 0, width: 10, height: 5, fill: '#123456' });
        to.text(1, 2, '</text><script>\u0000', { fill: '#000' });
      },
    },
    colors,
  );
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="132" height="110"/);
  expect(svg).toContain('<title>Loss &amp; &lt;more&gt;</title>');
  expect(svg).toContain('<rect x="16" y="44" width="10" height="5" fill="#123456"/>');
  expect(svg).toContain('&lt;/text&gt;&lt;script&gt;\ufffd');
});
