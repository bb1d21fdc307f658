/**
 * Tokens that fall out of the text as more modules skip them: the picture of a sieve at work. It says nothing that
 * colours do not.
 */
import { type RefObject, useEffect, useRef } from 'react';

/** More at once are a shower in which nothing is seen. */
const MOST = 16;
/** From one shower to the next, in ms: a page that always moves takes the processor from what trains on it. */
const REST = 4000;
/** Share of the modules that must have let go of a token: fewer are noise. */
const LEAST = 0.1;
/** Between one that falls and the next, in ms. */
const APART = 30;

/** Shares of the modules that applied the update of each token, and of which text. */
export interface Held {
  tokens: readonly string[];
  step: number;
  active: ArrayLike<number>;
}

/**
 * @returns tokens that fewer modules hold than before, in the order of the text: those that lost most, where they are
 * many
 */
export function fallen(before: Held, now: Held): number[] {
  // Of another text, or of a step before, nothing has fallen.
  if (before.tokens.length !== now.tokens.length || before.step >= now.step) return [];
  if (before.tokens !== now.tokens && before.tokens.some((t, i) => t !== now.tokens[i])) return [];
  const lost = now.tokens.map((_, i) => before.active[i] - now.active[i]);
  return lost
    .map((_, i) => i)
    .filter((i) => lost[i] >= LEAST)
    .sort((a, b) => lost[b] - lost[a])
    .slice(0, MOST)
    .sort((a, b) => a - b);
}

/**
 * Lets a shadow of each token that was let go of fall from its place. Shadows are in a layer of their own that cuts
 * what leaves it: nothing is moved, and no reader meets them.
 * @param text has the tokens, as `[data-token]`
 * @param layer lies over the text
 */
export function useFalling(
  text: RefObject<HTMLElement | null>,
  layer: RefObject<HTMLElement | null>,
  now: Held & {
    /** A token's colours, as it was before. */ shadeOf: (active: number) => { fill: string; ink: string };
  },
): void {
  const { tokens, step, active, shadeOf } = now;
  // As it was when tokens fell last; in the beginning every module held every token.
  const last = useRef<(Held & { at: number }) | null>(null);
  useEffect(() => {
    const before = last.current ?? { tokens, step: -1, active: tokens.map(() => 1), at: -Infinity };
    const which = fallen(before, { tokens, step, active });
    const at = performance.now();
    if (which.length > 0 && at - before.at < REST) return;
    last.current = { tokens, step, active, at: which.length > 0 ? at : before.at };
    const [from, to] = [text.current, layer.current];
    if (which.length === 0 || !from || !to || document.hidden || !to.checkVisibility()) return;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const { left, top } = to.getBoundingClientRect();
    const seen = from.getBoundingClientRect();
    const shadows = which.flatMap((i, n) => {
      const token = from.querySelector<HTMLElement>(`[data-token="${i}"]`);
      const box = token?.getBoundingClientRect();
      if (!token || !box || box.top < seen.top || box.bottom > seen.bottom + 2) return [];
      const shadow = document.createElement('span');
      const { fill, ink } = shadeOf(before.active[i]);
      shadow.className = 'token token-falls';
      shadow.textContent = token.textContent;
      Object.assign(shadow.style, {
        left: `${box.left - left}px`,
        top: `${box.top - top}px`,
        width: `${box.width}px`,
        backgroundColor: fill,
        color: ink,
        animationDelay: `${n * APART}ms`,
      });
      shadow.addEventListener('animationend', () => shadow.remove());
      return [shadow];
    });
    to.replaceChildren(...shadows);
    // Colours may change without anything falling.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [tokens, step, active]);
}
