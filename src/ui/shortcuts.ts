/**
 * Keys of the page: one table, from which both the keys are handled and the help is written. All are single characters
 * without Ctrl, Alt or Meta, so that no browser and no screen reader has its own command taken away (those read in a
 * mode that keeps such keys to themselves); digits and punctuation of the find-as-you-type of Firefox (/ and ') are
 * left alone. They can be switched off (WCAG 2.1.4).
 */
import { LANGUAGES, type Language, texts } from '../shared/texts';
import { isLive } from '../store/slices';
import type { Studio } from '../store/studio';
import { say } from './announcer';
import { scrubber } from './charts/scrubber';
import { nextLanguage } from './language';
import { recall, remember } from './remembered';
import { KEYED, type KeyedPlace } from './sections';
import { nextTheme, THEMES } from './theme';
import { whyNotTrain } from './whyNotTrain';

export interface Shortcut {
  /** As `KeyboardEvent.key` has it: it goes by the letter, not by the place on the keyboard. */
  key: string;
  group: 'training' | 'sections' | 'map' | 'page';
  /** What it does, for the help. */
  what: () => string;
  /** @returns false where there is nothing to do: the key is then left alone */
  run: (page: PageActions) => boolean;
}

/** What keys can do. */
interface PageActions {
  studio: Studio;
  goTo: (place: KeyedPlace) => void;
  openHelp: () => void;
  speak: (language: Language) => void;
}

type Words = 'train' | 'pause' | 'stop' | 'back' | 'onward' | 'first' | 'latest' | 'list';

const said = (what: Words) => () => texts().page.keys[what];
const training = (key: string, what: Words, run: (studio: Studio, goTo: PageActions['goTo']) => boolean): Shortcut => ({
  key,
  group: 'training',
  what: said(what),
  run: ({ studio, goTo }) => run(studio, goTo),
});
const scrub = (key: string, what: Words, to: (at: number, last: number) => number): Shortcut => ({
  key,
  group: 'map',
  what: said(what),
  run: () => scrubber.move(to),
});

export const SHORTCUTS: readonly Shortcut[] = [
  training('T', 'train', (studio, goTo) => {
    const state = studio.store.getState();
    if (isLive(state.runs.phase) || whyNotTrain(state) !== null) return false;
    goTo('train');
    void studio.training.start();
    return true;
  }),
  training('p', 'pause', (studio) => {
    const { phase } = studio.store.getState().runs;
    if (phase === 'training' || phase === 'evaluating') void studio.training.pause();
    else if (phase === 'paused') void studio.training.resume();
    else return false;
    return true;
  }),
  training('S', 'stop', (studio) => {
    if (!isLive(studio.store.getState().runs.phase)) return false;
    void studio.training.stop();
    return true;
  }),
  ...KEYED.map(
    (place, i): Shortcut => ({
      key: String(i + 1),
      group: 'sections',
      what: () => texts().frame.place[place],
      run: ({ goTo }) => {
        goTo(place);
        return true;
      },
    }),
  ),
  scrub(',', 'back', (at) => at - 1),
  scrub('.', 'onward', (at) => at + 1),
  scrub('<', 'first', () => 0),
  scrub('>', 'latest', (_, last) => last),
  {
    key: 'c',
    group: 'page',
    what: () => texts().page.keys.colours(THEMES.map((t) => texts().page.theme[t])),
    run: ({ studio }) => {
      const theme = nextTheme(studio.store.getState().ui.theme);
      studio.setTheme(theme);
      say(texts().page.coloursAre(texts().page.theme[theme]));
      return true;
    },
  },
  {
    key: 'P',
    group: 'page',
    what: () => texts().frame.presenter,
    run: ({ studio }) => {
      const on = !studio.store.getState().ui.presenting;
      studio.present(on);
      say(on ? texts().frame.presenterOn : texts().frame.presenterOff);
      return true;
    },
  },
  {
    key: 'l',
    group: 'page',
    what: () => texts().page.keys.language(Object.values(LANGUAGES)),
    run: ({ studio, speak }) => {
      speak(nextLanguage(studio.store.getState().ui.language));
      return true;
    },
  },
  {
    key: '?',
    group: 'page',
    what: said('list'),
    run: ({ openHelp }) => {
      openHelp();
      return true;
    },
  },
];

interface Pressed
  extends Pick<
    KeyboardEvent,
    'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'isComposing' | 'repeat' | 'defaultPrevented'
  > {
  /** Where the focus is. */
  target: { tagName?: string; type?: string; isContentEditable?: boolean } | null;
}

/** Inputs that take no text. */
const TEXTLESS = new Set(['checkbox', 'radio', 'range', 'button', 'submit', 'file']);

/** The shortcut that a key means, or null: never with a modifier, and never in a field that takes characters. */
export function shortcutFor({
  key,
  ctrlKey,
  altKey,
  metaKey,
  isComposing,
  repeat,
  defaultPrevented,
  target,
}: Pressed): Shortcut | null {
  if (ctrlKey || altKey || metaKey || isComposing || defaultPrevented) return null;
  const tag = target?.tagName?.toLowerCase();
  if (
    target?.isContentEditable ||
    tag === 'textarea' ||
    tag === 'select' ||
    (tag === 'input' && !TEXTLESS.has(target?.type ?? 'text'))
  )
    return null;
  const found = SHORTCUTS.find((s) => s.key === key) ?? null;
  // A key that is held down scrubs, and nothing else.
  return found && repeat && found.group !== 'map' ? null : found;
}

/** Whether keys are on; they are until someone switches them off. */
export function shortcutsOn(): boolean {
  return recall('shortcuts') !== 'off';
}

export function rememberShortcuts(on: boolean): void {
  remember('shortcuts', on ? 'on' : 'off');
}
