/**
 * Goes to where an element is before it is worked, as a person would: opens the view, the sheet, the tab or the menu
 * that hides it, by the control that does so. Journeys then say what is done, and not each time where.
 */
import type { Locator, Page } from '@playwright/test';

/** What needs an element to be in sight. */
const ACTIONS = [
  'click',
  'dblclick',
  'tap',
  'fill',
  'press',
  'pressSequentially',
  'check',
  'uncheck',
  'setChecked',
  'selectOption',
  'hover',
  'focus',
  'scrollIntoViewIfNeeded',
  'boundingBox',
  'screenshot',
] as const;

/** Marks a prototype that does it already. */
const DONE = Symbol('reaches');

/** Makes every locator of the page open what hides its element. */
export function reachByItself(page: Page): void {
  const locator = Object.getPrototypeOf(page.locator('html')) as Record<string | symbol, unknown>;
  if (locator[DONE]) return;
  locator[DONE] = true;
  for (const name of ACTIONS) {
    const act = locator[name] as (...args: unknown[]) => Promise<unknown>;
    locator[name] = async function (this: Locator, ...args: unknown[]) {
      await this.first().evaluate(reveal);
      return act.apply(this, args);
    };
  }
  const waitFor = locator.waitFor as Locator['waitFor'];
  locator.waitFor = async function (this: Locator, options: Parameters<Locator['waitFor']>[0] = {}) {
    const { state = 'visible' } = options;
    if (state === 'visible') {
      await waitFor.call(this.first(), { ...options, state: 'attached' });
      await this.first().evaluate(reveal);
    }
    return waitFor.call(this, options);
  };
}

/** Opens, from the outside in, what hides `element`; runs in the page. */
export async function reveal(element: Element): Promise<void> {
  const painted = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => setTimeout(resolve));
      setTimeout(resolve, 100);
    });
  const now = globalThis as unknown as { revealed?: number };
  const outside: Element[] = [];
  for (let at: Element | null = element; at; at = at.parentElement) outside.unshift(at);
  for (const box of outside) {
    if (box instanceof HTMLDetailsElement && !box.open && !box.querySelector(':scope > summary')?.contains(element)) {
      now.revealed = performance.now();
      box.open = true;
      await painted();
    }
    if (!(box instanceof HTMLElement) || !box.hidden) continue;
    now.revealed = performance.now();
    const { route } = box.dataset;
    const opener = box.id ? document.querySelector<HTMLElement>(`[aria-controls="${box.id}"]`) : null;
    if (route) {
      const links = [...document.querySelectorAll<HTMLElement>(`a[href="#${route}"]`)];
      const link = links.find((a) => a.checkVisibility());
      if (link) link.click();
      else location.hash = `#${route}`;
    } else opener?.click();
    for (let i = 0; i < 50 && box.hidden; i++) await painted();
  }
}
