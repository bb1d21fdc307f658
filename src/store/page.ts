/** The page's state, with what every group of commands does to it: change a slice, say what went wrong. */
import { type StoreApi, createStore } from 'zustand/vanilla';
import { type ErrorInfo, toErrorInfo } from '../shared/errors';
import { isMessage, sameWords } from '../shared/message';
import { type Notice, type Section, type State, initialState } from './slices';

export class Page {
  readonly store: StoreApi<State> = createStore<State>(() => initialState());
  #noticeId = 0;

  get state(): State {
    return this.store.getState();
  }

  patch<K extends keyof State>(slice: K, patch: Partial<State[K]>): void {
    this.store.setState((s) => ({ [slice]: { ...s[slice], ...patch } }) as Pick<State, K>);
  }

  /** With an id of its own. */
  notice(n: Omit<Notice, 'id'>): Notice {
    return { ...n, id: ++this.#noticeId };
  }

  /** Says an error where it happened, once. */
  report(section: Section, error: unknown): void {
    this.say(section, 'error', isErrorInfo(error) ? error : toErrorInfo(error));
  }

  say(section: Section, kind: Notice['kind'], info: ErrorInfo): void {
    const { notices } = this.state.ui;
    if (notices.some((n) => n.section === section && sameWords(n.info, info))) return;
    this.patch('ui', { notices: [...notices, this.notice({ section, kind, info })] });
  }

  /** Removes the notices of a section, or one by its id. */
  dismiss(which: Section | number): void {
    const { notices } = this.state.ui;
    const kept = notices.filter((n) => n.section !== which && n.id !== which);
    if (kept.length !== notices.length) this.patch('ui', { notices: kept });
  }

  /**
   * The one way of carrying out a command: it tells `busy` that it begins and that it has ended, and what it throws
   * becomes a notice of its section. Whoever must not begin twice looks at what `busy` keeps first; where earlier
   * notices no longer hold, the command takes them away (`dismiss`).
   */
  async command(section: Section, act: () => Promise<unknown>, busy?: (on: boolean) => void): Promise<void> {
    busy?.(true);
    try {
      await act();
    } catch (error) {
      this.report(section, error);
    } finally {
      busy?.(false);
    }
  }
}

function isErrorInfo(value: unknown): value is ErrorInfo {
  return isMessage(value) && !(value instanceof Error) && 'name' in value;
}
