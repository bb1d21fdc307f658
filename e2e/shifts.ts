/** Layout shifts that nobody asked for, as browsers count them: kept from the page's first moment on, and summed up. */
import type { Page } from 'playwright';

/** Largest sum that is good. */
export const SHIFT = 0.02;

/** One that was seen. */
interface Shift {
  /** ms since the page was opened. */
  at: number;
  value: number;
  /** What moved, and by how much in px. */
  moved: string[];
}

interface LayoutShift {
  startTime: number;
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
}

/**
 * Keeps the layout shifts that nobody caused: not what follows a press within half a second, or what `reveal` opened
 * for one.
 */
export const watchShifts = (): void => {
  const kept = globalThis as unknown as { shifts: Shift[]; revealed?: number };
  kept.shifts = [];
  const asked = (at: number) => kept.revealed !== undefined && at >= kept.revealed && at < kept.revealed + 500;
  const name = (node: Node | null): string => {
    const e = node instanceof Element ? node : node?.parentElement;
    if (!e) return 'gone';
    const own = e.getAttribute('data-testid') ?? e.id;
    return `${e.tagName.toLowerCase()}${own ? `#${own}` : `.${e.className || e.parentElement?.className}`}`;
  };
  new PerformanceObserver((list) => {
    for (const e of list.getEntries() as unknown as LayoutShift[])
      if (!e.hadRecentInput && !asked(e.startTime))
        kept.shifts.push({
          at: e.startTime,
          value: e.value,
          moved: e.sources.map(({ node, previousRect: p, currentRect: c }) => {
            const by = [c.x - p.x, c.y - p.y, c.width - p.width, c.height - p.height].map(Math.round);
            return `${name(node)} (${by.join(', ')})`;
          }),
        });
  }).observe({ type: 'layout-shift', buffered: true });
};

/** Sum of them in the worst window of five seconds, as browsers count it; and what moved, if that is much. */
export async function worstShift(page: Page): Promise<{ sum: number; said: string }> {
  const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: Shift[] }).shifts);
  const windows = shifts.map(({ at }) => shifts.filter((s) => s.at >= at && s.at < at + 5000));
  const sumOf = (some: Shift[]) => some.reduce((sum, s) => sum + s.value, 0);
  const worst = windows.reduce((a, b) => (sumOf(b) > sumOf(a) ? b : a), []);
  return {
    sum: sumOf(worst),
    said: worst
      .filter((s) => s.value > 0.001)
      .map((s) => `${s.value.toFixed(4)} after ${(s.at / 1000).toFixed(1)} s: ${s.moved.join(', ')}`)
      .join('; '),
  };
}
