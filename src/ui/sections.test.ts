import { expect, test } from 'vitest';
import { texts } from '../shared/texts';
import { KEYED, PLACE_OF, SECTION_OF } from './sections';
import { SHORTCUTS } from './shortcuts';

test('keys and names follow the order of the places, and every place begins with a section of its own', () => {
  const keys = SHORTCUTS.filter((s) => s.group === 'sections');
  const names = texts().frame.place;
  expect(keys.map(({ key, what }) => [key, what()])).toEqual(KEYED.map((p, i) => [String(i + 1), names[p]]));
  for (const place of KEYED) expect(PLACE_OF[SECTION_OF[place]]).toBe(place);
});

test('the tour stops at sections that there are', () => {
  for (const stop of Object.keys(texts().page.tour.stop)) expect(Object.keys(PLACE_OF)).toContain(stop);
});
