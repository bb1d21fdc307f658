/** Light, dark, or as the system says. Remembered where the browser allows it. */
import { useEffect } from 'react';
import type { UiSlice } from '../store/slices';
import { Segmented } from './bits';
import { useSel, useStudio } from './studioContext';

const THEMES: { value: UiSlice['theme']; label: string }[] = [
  { value: 'auto', label: 'Auto' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];
const KEY = 'sieve-theme';

export function ThemeToggle() {
  const studio = useStudio();
  const theme = useSel((s) => s.ui.theme);
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <Segmented
      label="Colours" value={theme} options={THEMES}
      onChange={(next) => {
        studio.setTheme(next);
        remember(next);
      }}
    />
  );
}

/** What was chosen on an earlier visit. */
export function rememberedTheme(): UiSlice['theme'] {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : 'auto';
  } catch (error) {
    console.info('storage is not available', error);
    return 'auto';
  }
}

function remember(theme: UiSlice['theme']): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch (error) {
    console.info('storage is not available', error);
  }
}
