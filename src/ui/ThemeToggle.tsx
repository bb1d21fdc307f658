/** Light, dark, high contrast, or as the system says. */
import { useEffect } from 'react';
import { Segmented } from './bits';
import { useSel, useStudio } from './studioContext';
import { rememberTheme, THEMES, wearTheme } from './theme';

export function ThemeToggle() {
  const studio = useStudio();
  const theme = useSel((s) => s.ui.theme);
  useEffect(() => {
    rememberTheme(theme);
    return wearTheme(theme);
  }, [theme]);
  return <Segmented label="Colours" value={theme} options={THEMES} onChange={(next) => studio.setTheme(next)} />;
}
