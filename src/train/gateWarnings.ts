/**
 * Says when gates do what nobody wants, and when that is over: a module that stays shut, a run that skips everything or
 * nothing.
 */
import { type Message, type MessageCode, message } from '../shared/message';
import type { GateStats, ModuleId } from '../shared/types';
import { RATIO_BINS } from '../shared/types';
import type { SkipsAll, SkipsAllReason } from './protocol';

/** Steps in a row before a module, or a run, counts as stuck. */
export const STUCK_STEPS = 20;

const REASONS: readonly SkipsAllReason[] = ['no-update', 'harmful', 'stuck'];

type Stats = Pick<GateStats, 'active' | 'tokens' | 'histogram' | 'muSkipped' | 'lambda'>;

/** What was seen so far, as plain data. */
export interface GateWarningsState {
  shut: Uint32Array;
  skipsAll: [number, SkipsAllReason][];
  allShut: number;
  allOpen: number;
  toldAll: boolean;
  /** Whether any token was skipped yet; unknown in checkpoints of before it was noticed. */
  skipped?: boolean;
}

export class GateWarnings {
  readonly #modules: readonly ModuleId[];
  readonly #tauWarmup: number;
  readonly #shut: Uint32Array;
  readonly #skipsAll: Map<number, SkipsAllReason>;
  #allShut: number;
  #allOpen: number;
  #toldAll: boolean;
  #skipped: boolean;

  /** @param tauWarmup steps in which τ rests, so that every gate is open; @param state of a session that goes on */
  constructor(modules: readonly ModuleId[], tauWarmup: number, state?: GateWarningsState) {
    this.#modules = modules;
    this.#tauWarmup = tauWarmup;
    this.#shut = state?.shut.slice() ?? new Uint32Array(modules.length);
    this.#skipsAll = new Map(state?.skipsAll);
    this.#allShut = state?.allShut ?? 0;
    this.#allOpen = state?.allOpen ?? 0;
    this.#toldAll = state?.toldAll ?? false;
    // Where it is not known, nothing is claimed.
    this.#skipped = state ? (state.skipped ?? true) : false;
  }

  state(): GateWarningsState {
    return {
      shut: this.#shut.slice(),
      skipsAll: [...this.#skipsAll],
      allShut: this.#allShut,
      allOpen: this.#allOpen,
      toldAll: this.#toldAll,
      skipped: this.#skipped,
    };
  }

  /** Modules that have kept no token for STUCK_STEPS steps, and why. */
  get skipsAll(): SkipsAll[] {
    return [...this.#skipsAll].sort(([a], [b]) => a - b).map(([module, reason]) => ({ module, reason }));
  }

  /** A module was opened from outside. */
  tauReset(module: number): void {
    this.#shut[module] = 0;
    this.#skipsAll.delete(module);
    this.#toldAll = false;
  }

  #reason({ histogram, muSkipped, lambda, tokens }: Stats, m: number): SkipsAllReason {
    if (histogram[m * RATIO_BINS] === tokens[m]) return 'no-update';
    return muSkipped[m] + lambda * tokens[m] > 0 ? 'harmful' : 'stuck';
  }

  /**
   * New warnings after step `step` (from 1), each told once; `over`: codes of those that hold no longer, which may come
   * again; `changed`: `skipsAll` is another than before.
   */
  after(step: number, stats: Stats): { warnings: Message[]; over: MessageCode[]; changed: boolean } {
    const { active, tokens } = stats;
    const had = { stuck: this.#skipsAll.size > 0, shut: this.#allShut, open: this.#allOpen };
    let kept = 0;
    let all = 0;
    let changed = false;
    const stuck: number[] = [];
    this.#modules.forEach((_, m) => {
      kept += active[m];
      all += tokens[m];
      this.#shut[m] = active[m] === 0 && tokens[m] > 0 ? this.#shut[m] + 1 : 0;
      if (active[m] > 0) changed = this.#skipsAll.delete(m) || changed;
      if (this.#shut[m] < STUCK_STEPS || this.#skipsAll.has(m)) return;
      this.#skipsAll.set(m, this.#reason(stats, m));
      changed = true;
      stuck.push(m);
    });
    this.#skipped ||= kept < all;
    this.#allShut = kept === 0 && all > 0 ? this.#allShut + 1 : 0;
    this.#allOpen = kept === all && step > this.#tauWarmup ? this.#allOpen + 1 : 0;
    const over: MessageCode[] = [];
    if (had.shut >= STUCK_STEPS && this.#allShut === 0)
      over.push('train.warning.allShut', 'train.warning.allShutAtZero');
    if (had.open >= STUCK_STEPS && this.#allOpen === 0) over.push('train.warning.allOpen');
    if (over.length > 0) this.#toldAll = false;
    if (had.stuck && this.#skipsAll.size === 0) over.push('train.warning.skipsAll');
    return { warnings: this.#warnings(stuck), over, changed };
  }

  /** What is to be said of a run that has ended after `steps` steps without skipping a token; null where it has. */
  atEnd(steps: number): Message | null {
    if (this.#skipped || steps === 0) return null;
    return steps <= this.#tauWarmup
      ? message('train.warning.neverMoved', { rest: this.#tauWarmup, steps })
      : message('train.warning.neverSkipped', { steps });
  }

  #warnings(stuck: readonly number[]): Message[] {
    if (this.#allShut === STUCK_STEPS && !this.#toldAll) {
      this.#toldAll = true;
      const trapped = [...this.#skipsAll.values()].every((reason) => reason === 'no-update');
      return [message(trapped ? 'train.warning.allShutAtZero' : 'train.warning.allShut', { steps: STUCK_STEPS })];
    }
    if (this.#allOpen === STUCK_STEPS && !this.#toldAll) {
      this.#toldAll = true;
      return [message('train.warning.allOpen', { steps: STUCK_STEPS })];
    }
    return REASONS.flatMap((reason) => {
      const names = stuck
        .filter((m) => this.#skipsAll.get(m) === reason)
        .map((m) => message('train.warning.module', { layer: this.#modules[m].layer, kind: this.#modules[m].kind }));
      return names.length > 0 ? [message('train.warning.skipsAll', { names, steps: STUCK_STEPS, why: reason })] : [];
    });
  }
}
