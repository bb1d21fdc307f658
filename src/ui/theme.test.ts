import { expect, test } from 'vitest';
import { nextTheme, rootTheme, THEMES } from './theme';

test('the root says only what was chosen, and more contrast also where the system asks for it', () => {
  expect(rootTheme('auto', false)).toEqual({});
  expect(rootTheme('auto', true)).toEqual({ contrast: 'more' });
  expect(rootTheme('dark', true)).toEqual({ theme: 'dark', contrast: 'more' });
  expect(rootTheme('contrast', false)).toEqual({ contrast: 'more' });
  expect(rootTheme('light', false)).toEqual({ theme: 'light' });
});

test('the next theme goes around through all of them', () => {
  let theme = THEMES[0];
  const seen = THEMES.map(() => (theme = nextTheme(theme)));
  expect(new Set(seen).size).toBe(THEMES.length);
  expect(theme).toBe(THEMES[0]);
});
