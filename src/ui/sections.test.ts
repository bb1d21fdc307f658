import { expect, test } from 'vitest';
import { texts } from '../shared/texts';
import { SECTIONS } from './sections';
import { SHORTCUTS } from './shortcuts';

test('keys, names and stops of the tour follow the order of the sections', () => {
  const keys = SHORTCUTS.filter((s) => s.group === 'sections');
  const names = texts().page.section;
  expect(keys.map(({ key, what }) => [key, what()])).toEqual(SECTIONS.map(({ id }, i) => [String(i + 1), names[id]]));
  const order = SECTIONS.map((s) => s.id as string);
  const stops = Object.keys(texts().page.tour.stop);
  expect(stops).toEqual(order.filter((id) => stops.includes(id)));
});
