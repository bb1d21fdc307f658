/** A card of the rail: as it is where there is room for it, else a sign that opens it beside itself. */
import type { ReactNode } from 'react';
import { useMedia } from '../charts/useMedia';
import { Menu } from './Menu';

/** Windows with room for a column of signs and no more; frame.css goes by the same widths. */
const FOLDED = '(min-width: 56.25rem) and (max-width: 74.99rem)';

/** Lines of each sign in a box of 20. */
const SIGNS = {
  model: 'M10 3 3 6.5 10 10l7-3.5zM3 10l7 3.5L17 10M3 13.5 10 17l7-3.5',
  data: 'M3 4h14v12H3zM3 8h14M3 12h14M8 8v8',
  runs: 'M3 3v14h14M5 6c3 8 6 8 11 9M5 4c5 2 6 6 11 7',
  target: 'M3 4h14l-5 6v6l-4-2v-4z',
  training: 'M4 6h12M4 14h12M8 3.5v5M12.5 11.5v5',
} as const;

export const useFolded = (): boolean => useMedia(FOLDED);

export function Fold({
  title,
  sign,
  wrong = false,
  children,
}: {
  title: string;
  sign: keyof typeof SIGNS;
  /** Whether something in it asks to be looked at. */
  wrong?: boolean;
  children: ReactNode;
}) {
  if (!useFolded()) return children;
  return (
    <Menu
      label={title}
      beside
      className="rail-fold"
      sign={
        <>
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d={SIGNS[sign]} />
          </svg>
          <span>{title}</span>
          {wrong && <span className="rail-wrong" aria-hidden="true" />}
        </>
      }
    >
      {children}
    </Menu>
  );
}
