import { describe, expect, test, vi } from 'vitest';
import { speak, texts } from '../shared/texts';
import { initialState, type State } from '../store/slices';
import type { Studio } from '../store/studio';
import { scrubber } from './charts/scrubber';
import { SHORTCUTS, shortcutFor } from './shortcuts';

const press = (key: string, more: object = {}) =>
  shortcutFor({
    key,
    ctrlKey: false,
    altKey: false,
    metaKey: false,
    isComposing: false,
    repeat: false,
    defaultPrevented: false,
    target: { tagName: 'BODY' },
    ...more,
  });

/** A page in a state, with commands that are only counted. */
function page(change: (state: State) => void) {
  const state = initialState();
  change(state);
  const calls: string[] = [];
  const command =
    (name: string) =>
    (...args: unknown[]) => {
      calls.push([name, ...args].join(' '));
    };
  const studio = {
    store: { getState: () => state },
    training: { start: command('start'), pause: command('pause'), resume: command('resume'), stop: command('stop') },
    setTheme: command('theme'),
    present: command('present'),
  } as unknown as Studio;
  const run = (key: string) =>
    press(key)!.run({ studio, goTo: command('go'), openHelp: command('help'), speak: command('language') });
  return { calls, run };
}

const ready = (state: State) => {
  state.model = { ...state.model, status: 'ready', gpu: { state: 'hardware', name: 'v' } };
  state.dataset.preparing = true;
};

describe('the table', () => {
  test('has each key once, as one character, each with words', () => {
    expect(new Set(SHORTCUTS.map((s) => s.key)).size).toBe(SHORTCUTS.length);
    for (const { key, what } of SHORTCUTS) {
      expect(key).toHaveLength(1);
      expect(what()).not.toBe('');
    }
  });

  test("leaves alone what browsers use without a modifier: space scrolls, / and ' search", () => {
    for (const key of [' ', '/', "'", 'Tab', 'Enter', 'Escape', 'ArrowDown', 'Home', 'F5'])
      expect(press(key)).toBeNull();
  });
});

describe('a key', () => {
  test('means nothing with a modifier, while composing, or when it was used already', () => {
    expect(press('p')?.what()).toBe(texts().page.keys.pause);
    for (const more of [
      { ctrlKey: true },
      { altKey: true },
      { metaKey: true },
      { isComposing: true },
      { defaultPrevented: true },
    ])
      expect(press('p', more)).toBeNull();
  });

  test('means nothing where characters are typed or chosen, and works on a checkbox or a slider', () => {
    for (const target of [
      { tagName: 'TEXTAREA' },
      { tagName: 'SELECT' },
      { tagName: 'INPUT', type: 'text' },
      { tagName: 'INPUT', type: 'number' },
      { tagName: 'DIV', isContentEditable: true },
    ])
      expect(press('1', { target })).toBeNull();
    for (const target of [
      { tagName: 'INPUT', type: 'checkbox' },
      { tagName: 'INPUT', type: 'range' },
      { tagName: 'BUTTON' },
      null,
    ])
      expect(press('1', { target })?.what()).toBe('Train');
  });

  test('held down scrubs and does nothing else', () => {
    expect(press('T', { repeat: true })).toBeNull();
    expect(press('.', { repeat: true })?.what()).toBe(texts().page.keys.onward);
  });
});

describe('what they do', () => {
  test('training starts only where the button would', () => {
    const missing = page(() => {});
    expect(missing.run('T')).toBe(false);
    const there = page(ready);
    expect(there.run('T')).toBe(true);
    expect(there.calls).toEqual(['go train', 'start']);
    const live = page((s) => {
      ready(s);
      s.runs.phase = 'training';
    });
    expect(live.run('T')).toBe(false);
    expect(live.calls).toEqual([]);
  });

  test('one key pauses and goes on; another stops what is live', () => {
    for (const [phase, called] of [
      ['training', 'pause'],
      ['evaluating', 'pause'],
      ['paused', 'resume'],
    ] as const) {
      const { run, calls } = page((s) => {
        s.runs.phase = phase;
      });
      expect(run('p')).toBe(true);
      expect(run('S')).toBe(true);
      expect(calls).toEqual([called, 'stop']);
    }
    const idle = page((s) => {
      s.runs.phase = 'finished';
    });
    expect([idle.run('p'), idle.run('S')]).toEqual([false, false]);
  });

  test('digits go to the places as they are numbered, c to the next colours, ? to the list', () => {
    const { run, calls } = page((s) => {
      s.ui.theme = 'dark';
    });
    for (const key of ['1', '7', 'c', 'P', '?']) run(key);
    expect(calls).toEqual(['go train', 'go settings', 'theme contrast', 'present true', 'help']);
  });

  test('l goes to the next language, which the list then speaks', async () => {
    const { run, calls } = page(() => {});
    expect(run('l')).toBe(true);
    expect(calls).toEqual(['language zh']);
    expect(press('p')?.what()).toBe(texts().page.keys.pause);
    await speak('zh');
    expect(press('p')?.what()).toBe('暂停或继续');
    expect(press('1')?.what()).toBe('训练');
    await speak('en');
  });

  test('the map moves by one and to its ends, where there is one', () => {
    const { run } = page(() => {});
    expect(run('.')).toBe(false);
    const map = vi.fn<(to: (at: number, last: number) => number) => boolean>(() => true);
    const end = scrubber.attach(map);
    for (const key of [',', '.', '<', '>']) expect(run(key)).toBe(true);
    expect(map.mock.calls.map(([to]) => to(4, 9))).toEqual([3, 5, 0, 9]);
    // One that is not seen is left alone.
    map.mockReturnValue(false);
    expect(run('.')).toBe(false);
    end();
    expect(run('.')).toBe(false);
  });
});
