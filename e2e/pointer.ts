/** Ways to work the page: a mouse, a finger, a keyboard. A journey is written once and made with each of them. */
import { type Locator, type Page, expect } from '@playwright/test';

export interface Pointer {
  /** Presses a button, a summary or a box. @param key of the page that does the same, for who has no pointer */
  press(target: Locator, key?: string): Promise<void>;
  /** Puts a text in the place of what is in a field. */
  fill(field: Locator, text: string): Promise<void>;
  /** Chooses an option by what it says. */
  choose(select: Locator, label: string): Promise<void>;
  /** Takes a slider to its start. @param key of the page that does the same */
  toStart(slider: Locator, key: string): Promise<void>;
  /** Gives a file to a button that asks for one, or drops it where that is possible. */
  give(button: Locator, path: string, zone?: Locator): Promise<void>;
  /** Opens line `n` of the table of rows, from 0, or leaves it out; the same again takes it in. */
  useLine(list: Locator, n: number, to: 'open' | 'leave out'): Promise<void>;
}

/** @param press what makes the browser ask for a file */
async function giveByChooser(page: Page, path: string, press: () => Promise<void>): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press()]);
  await chooser.setFiles(path);
}

/** A mouse, which can drop a file. */
export class Mouse implements Pointer {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  press(target: Locator): Promise<void> {
    return target.click();
  }

  fill(field: Locator, text: string): Promise<void> {
    return field.fill(text);
  }

  async choose(select: Locator, label: string): Promise<void> {
    await select.selectOption({ label });
  }

  async toStart(slider: Locator): Promise<void> {
    await slider.click({ position: { x: 2, y: 8 } });
  }

  async give(button: Locator, path: string, zone?: Locator): Promise<void> {
    if (!zone) return giveByChooser(this.page, path, () => this.press(button));
    // As the system reports it: the browser finds out what lies under the pointer, and makes the DataTransfer.
    await zone.scrollIntoViewIfNeeded();
    const box = (await zone.boundingBox())!;
    const at = {
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
      data: { items: [], files: [path], dragOperationsMask: 1 },
    };
    const session = await this.page.context().newCDPSession(this.page);
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await session.send('Input.dispatchDragEvent', { type, ...at });
    await session.detach();
  }

  async useLine(list: Locator, n: number, to: 'open' | 'leave out'): Promise<void> {
    await this.press(list.getByTestId('data-line').nth(n));
    if (to === 'leave out') await this.press(this.page.getByTestId('data-exclude'));
  }
}

/** A finger on a phone, which drops nothing. */
export class Finger extends Mouse {
  override press(target: Locator): Promise<void> {
    return target.tap();
  }

  override async toStart(slider: Locator): Promise<void> {
    await slider.tap({ position: { x: 2, y: 8 } });
  }

  override give(button: Locator, path: string): Promise<void> {
    return super.give(button, path);
  }
}

/** Boxes that may lie around an element, each hidden. */
const MOST_HIDDEN = 8;
/** Tabs after which a place that was counted wrong is given up. */
const MOST_WRONG = 40;

/**
 * The shortest way to an element by keys, run in the page: from where the focus is, or from the title of the place that
 * is open, to which its key leads, so many Tabs on or (negative) back. Titles and the body are no stops of Tab.
 */
function shortestWay(target: Element): { jump: string | null; tabs: number } {
  const stops = [
    ...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]'),
  ].filter((e) => e.tabIndex >= 0 && !e.matches(':disabled') && e.checkVisibility({ visibilityProperty: true }));
  const follows = (a: Element, b: Element) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  const place = stops.indexOf(target as HTMLElement);
  const tabsFrom = (start: Element) => {
    const at = stops.indexOf(start as HTMLElement);
    if (at >= 0) return place - at;
    const next = stops.findIndex((e) => follows(start, e));
    return place >= next ? place - next + 1 : place - next;
  };
  const here = document.activeElement;
  // Where digits judge they lead nowhere.
  const free = !here?.closest('[data-testid="vote-round"]');
  const titles = [...document.querySelectorAll('main > [data-route] h2[id$="-title"]')];
  const starts = titles.flatMap((title, i) =>
    free && title.checkVisibility() ? [{ jump: String(i + 1), tabs: tabsFrom(title) }] : [],
  );
  const ways = [...(here && here !== document.body ? [{ jump: null, tabs: tabsFrom(here) }] : []), ...starts];
  return ways.length === 0
    ? { jump: null, tabs: tabsFrom(document.body) }
    : ways.reduce((best, way) => (Math.abs(way.tabs) < Math.abs(best.tabs) ? way : best));
}

/** What hides an element, outermost first, and what opens it; run in the page. */
function hiddenBy(element: Element): { key: string | null; open: string | null; tabs: number }[] {
  const found: { key: string | null; open: string | null; tabs: number }[] = [];
  const routes = [...document.querySelectorAll<HTMLElement>('main > [data-route]')];
  // Once named it stays so: what opens this may itself have to be opened first.
  const named = (e: Element) => {
    const marked = document.querySelectorAll('[data-opener]').length;
    if (!e.hasAttribute('data-opener')) e.setAttribute('data-opener', String(marked + Math.random()));
    return `[data-opener="${e.getAttribute('data-opener')}"]`;
  };
  for (let at: Element | null = element; at; at = at.parentElement) {
    const summary: Element | null = at instanceof HTMLDetailsElement ? at.querySelector(':scope > summary') : null;
    if (summary && !(at as HTMLDetailsElement).open && !summary.contains(element))
      found.unshift({ key: null, open: named(summary), tabs: 0 });
    if (!(at instanceof HTMLElement) || !at.hidden) continue;
    const place = routes.indexOf(at);
    const { route } = at.dataset;
    if (place >= 0) found.unshift({ key: String(place + 1), open: null, tabs: 0 });
    else if (route)
      found.unshift({
        key: null,
        // The first part of a view has the view's own address.
        open: named(
          at.closest('main > [data-route]')!.querySelector(`a[href="#${route}"]`) ??
            at.closest('main > [data-route]')!.querySelector('.tabs > a')!,
        ),
        tabs: 0,
      });
    else {
      const opener = document.querySelector(`[aria-controls="${at.id}"]`)!;
      const list = [...(opener.closest('[role="tablist"]')?.querySelectorAll('[role="tab"]') ?? [])];
      const chosen = list.findIndex((t) => t.getAttribute('aria-selected') === 'true');
      // Of a list of tabs only the chosen one is a stop; arrows go on from there.
      found.unshift({
        key: null,
        open: named(list[chosen] ?? opener),
        tabs: list.length > 0 ? list.indexOf(opener) - chosen : 0,
      });
    }
  }
  return found;
}

/** Nothing but keys: a section's number, Tab until the focus is there, and what the element itself understands. */
export class Keyboard implements Pointer {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async press(target: Locator, key?: string): Promise<void> {
    if (key) {
      await expect(target).toBeEnabled();
      await this.#leaveField();
      return this.page.keyboard.press(key);
    }
    await this.#reach(target);
    await this.page.keyboard.press(
      await target.evaluate((e) => (e.matches('input[type="checkbox"]') ? 'Space' : 'Enter')),
    );
  }

  async fill(field: Locator, text: string): Promise<void> {
    await this.#reach(field);
    await this.page.keyboard.press('ControlOrMeta+a');
    if (text === '') await this.page.keyboard.press('Delete');
    else await this.page.keyboard.type(text);
  }

  async choose(select: Locator, label: string): Promise<void> {
    await this.#reach(select);
    const moves = await select.evaluate((e, wanted) => {
      const { options, selectedIndex } = e as HTMLSelectElement;
      const place = [...options].findIndex((o) => o.label === wanted);
      return place < 0 ? null : place - selectedIndex;
    }, label);
    if (moves === null) throw new Error(`there is no option ${label}`);
    for (let i = 0; i < Math.abs(moves); i++) await this.page.keyboard.press(moves > 0 ? 'ArrowDown' : 'ArrowUp');
  }

  toStart(slider: Locator, key: string): Promise<void> {
    return this.press(slider, key);
  }

  give(button: Locator, path: string): Promise<void> {
    return giveByChooser(this.page, path, () => this.press(button));
  }

  async useLine(list: Locator, n: number, to: 'open' | 'leave out'): Promise<void> {
    await this.#reach(list);
    await this.page.keyboard.press('Home');
    for (let i = 0; i < n; i++) await this.page.keyboard.press('ArrowDown');
    await this.page.keyboard.press(to === 'open' ? 'Enter' : 'Delete');
  }

  /** Keys of the page are letters in a field: out of it first. */
  async #leaveField(): Promise<void> {
    while (
      await this.page.evaluate(() =>
        document.activeElement?.matches(
          'textarea, select, input:not([type="checkbox"], [type="radio"], [type="range"])',
        ),
      )
    )
      await this.page.keyboard.press('Tab');
  }

  /** Opens what hides the target: a place by its key, a part of one by its link, tab or summary. */
  async #open(target: Locator): Promise<void> {
    for (let i = 0; i < MOST_HIDDEN; i++) {
      const [outer] = await target.first().evaluate(hiddenBy);
      if (!outer) return;
      await this.#leaveField();
      if (outer.key) await this.page.keyboard.press(outer.key);
      else {
        await this.#reach(this.page.locator(outer.open!));
        if (outer.tabs === 0) await this.page.keyboard.press('Enter');
        for (let t = 0; t < Math.abs(outer.tabs); t++)
          await this.page.keyboard.press(outer.tabs > 0 ? 'ArrowRight' : 'ArrowLeft');
      }
      await this.page.waitForTimeout(50);
    }
    throw new Error(`${target.toString()} stays hidden`);
  }

  async #reach(target: Locator): Promise<void> {
    await this.#open(target);
    await expect(target).toBeEnabled();
    const { jump, tabs } = await target.evaluate(shortestWay);
    if (jump) {
      await this.#leaveField();
      await this.page.keyboard.press(jump);
    }
    const tab = tabs < 0 ? 'Shift+Tab' : 'Tab';
    for (let i = 0; i < Math.abs(tabs); i++) await this.page.keyboard.press(tab);
    // The page may have grown meanwhile.
    for (let i = 0; i < MOST_WRONG; i++) {
      if (await target.evaluate((e) => e === document.activeElement)) return;
      await this.page.keyboard.press(tab);
    }
    throw new Error(`Tab never reaches ${target.toString()}`);
  }
}
