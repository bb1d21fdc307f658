/** Light, dark, high contrast, or as the system says. */
import { useEffect } from 'react';
import { texts } from '../shared/texts';
import { Segmented } from './bits';
import { useSel, useStudio } from './studioContext';
import { rememberTheme, THEMES, applyTheme } from './theme';

export function ThemeToggle() {
  const { page } = texts();
  const studio = useStudio();
  const theme = useSel((s) => s.ui.theme);
  useEffect(() => {
    rememberTheme(theme);
    return applyTheme(theme);
  }, [theme]);
  return (
    <Segmented
      label={page.colours}
      value={theme}
      options={THEMES.map((value) => ({ value, label: page.theme[value] }))}
      onChange={(next) => studio.setTheme(next)}
    />
  );
}
