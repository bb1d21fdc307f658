/** Which colours the page has: chosen by a person, else as the system says. Remembered where the browser allows it. */
import type { UiSlice } from '../store/slices';
import { recall, remember } from './remembered';

export type Theme = UiSlice['theme'];

/** In the order of the toggle; `contrast` is light or dark as the system says, with the strongest colours. */
export const THEMES: readonly Theme[] = ['auto', 'light', 'dark', 'contrast'];

/** What the root element says: see tokens.css. */
export function rootTheme(theme: Theme, systemWantsMore: boolean): { theme?: 'light' | 'dark'; contrast?: 'more' } {
  return {
    ...(theme === 'light' || theme === 'dark' ? { theme } : {}),
    ...(theme === 'contrast' || systemWantsMore ? { contrast: 'more' } : {}),
  };
}

/** Puts `theme` on the page, and again whenever the system asks for more or less contrast. @returns an end to that */
export function applyTheme(theme: Theme): () => void {
  const more = matchMedia('(prefers-contrast: more)');
  const { dataset } = document.documentElement;
  const put = () => {
    const wanted = rootTheme(theme, more.matches);
    for (const key of ['theme', 'contrast'] as const) {
      if (wanted[key] === undefined) delete dataset[key];
      else dataset[key] = wanted[key];
    }
  };
  put();
  more.addEventListener('change', put);
  return () => more.removeEventListener('change', put);
}

/** The theme after `theme`, around and around. */
export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
}

/** What was chosen on an earlier visit. */
export function rememberedTheme(): Theme {
  const theme = recall('theme');
  return THEMES.find((t) => t === theme) ?? 'auto';
}

export function rememberTheme(theme: Theme): void {
  remember('theme', theme);
}
