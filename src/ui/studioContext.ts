/** React's binding to the store: one context for the commands, one hook with a narrow selector. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { texts } from '../shared/texts';
import type { State } from '../store/slices';
import type { Studio } from '../store/studio';

export const StudioContext = createContext<Studio | null>(null);

/** The commands. */
export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error('StudioContext is missing');
  return studio;
}

/** A part of the state; the component is drawn again only when that part changes. */
export function useSel<T>(select: (state: State) => T): T {
  return useStore(useStudio().store, select);
}

/** `texts()`, for what is not drawn again with the page: a memo'd component is, when the language changes. */
export function useTexts(): ReturnType<typeof texts> {
  useSel((s) => s.ui.language);
  return texts();
}
