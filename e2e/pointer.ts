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

/** Tabs after which a place that was counted wrong is given up. */
const MOST_WRONG = 12;

/**
 * The shortest way to an element by keys, run in the page: from where the focus is, or from the title of a section, to which
 * its number leads, so many Tabs on or (negative) back. Titles and the body are no stops of Tab.
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
  const starts = [...document.querySelectorAll('.section h2')].map((title, i) => ({
    jump: String(i + 1),
    tabs: tabsFrom(title),
  }));
  const here = document.activeElement;
  const ways = [...(here && here !== document.body ? [{ jump: null, tabs: tabsFrom(here) }] : []), ...starts];
  return ways.reduce((best, way) => (Math.abs(way.tabs) < Math.abs(best.tabs) ? way : best));
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

  async #reach(target: Locator): Promise<void> {
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
