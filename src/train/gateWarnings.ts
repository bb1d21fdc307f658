/** Says when gates do what nobody wants: a module that stays shut, a run that skips everything or nothing. */
import type { GateStats, ModuleId } from '../shared/types';
import { RATIO_BINS } from '../shared/types';
import type { ClosedModule, ClosedReason } from './protocol';

/** Steps in a row before a module, or a run, counts as stuck. */
export const STUCK_STEPS = 20;

const WHY: Record<ClosedReason, string> = {
  'no-update': 'B is still zero there, so every r is 0 and below the threshold, and what is skipped gets no gradient',
  harmful: 'by the prices of the last step its updates would raise the loss',
  stuck: 'the threshold is above every r, and what is skipped gets no gradient',
};

type Stats = Pick<GateStats, 'active' | 'tokens' | 'histogram' | 'muSkipped' | 'lambda'>;

/** What was seen so far, as plain data. */
export interface GateWarningsState {
  shut: Uint32Array;
  closed: [number, ClosedReason][];
  allShut: number;
  allOpen: number;
  toldAll: boolean;
}

export class GateWarnings {
  readonly #modules: readonly ModuleId[];
  readonly #tauWarmup: number;
  readonly #shut: Uint32Array;
  readonly #closed: Map<number, ClosedReason>;
  #allShut: number;
  #allOpen: number;
  #toldAll: boolean;

  /** @param tauWarmup steps in which τ rests, so that every gate is open; @param state of a session that goes on */
  constructor(modules: readonly ModuleId[], tauWarmup: number, state?: GateWarningsState) {
    this.#modules = modules;
    this.#tauWarmup = tauWarmup;
    this.#shut = state?.shut.slice() ?? new Uint32Array(modules.length);
    this.#closed = new Map(state?.closed);
    this.#allShut = state?.allShut ?? 0;
    this.#allOpen = state?.allOpen ?? 0;
    this.#toldAll = state?.toldAll ?? false;
  }

  state(): GateWarningsState {
    return { shut: this.#shut.slice(), closed: [...this.#closed], allShut: this.#allShut, allOpen: this.#allOpen, toldAll: this.#toldAll };
  }

  /** Modules that have kept no token for STUCK_STEPS steps, and why. */
  get closed(): ClosedModule[] {
    return [...this.#closed].sort(([a], [b]) => a - b).map(([module, reason]) => ({ module, reason }));
  }

  /** A module was opened from outside. */
  reopened(module: number): void {
    this.#shut[module] = 0;
    this.#closed.delete(module);
    this.#toldAll = false;
  }

  #reason({ histogram, muSkipped, lambda, tokens }: Stats, m: number): ClosedReason {
    if (histogram[m * RATIO_BINS] === tokens[m]) return 'no-update';
    return muSkipped[m] + lambda * tokens[m] > 0 ? 'harmful' : 'stuck';
  }

  /** New warnings after step `step` (from 1), each told once; `changed`: `closed` is another than before. */
  after(step: number, stats: Stats): { warnings: string[]; changed: boolean } {
    const { active, tokens } = stats;
    let kept = 0;
    let all = 0;
    let changed = false;
    const stuck: number[] = [];
    this.#modules.forEach((_, m) => {
      kept += active[m];
      all += tokens[m];
      this.#shut[m] = active[m] === 0 && tokens[m] > 0 ? this.#shut[m] + 1 : 0;
      if (active[m] > 0) changed = this.#closed.delete(m) || changed;
      if (this.#shut[m] < STUCK_STEPS || this.#closed.has(m)) return;
      this.#closed.set(m, this.#reason(stats, m));
      changed = true;
      stuck.push(m);
    });
    this.#allShut = kept === 0 && all > 0 ? this.#allShut + 1 : 0;
    this.#allOpen = kept === all && step > this.#tauWarmup ? this.#allOpen + 1 : 0;
    return { warnings: this.#warnings(stuck), changed };
  }

  #warnings(stuck: readonly number[]): string[] {
    if (this.#allShut === STUCK_STEPS && !this.#toldAll) {
      this.#toldAll = true;
      const trap = [...this.#closed.values()].every((reason) => reason === 'no-update') ? ` ${WHY['no-update'][0].toUpperCase()}${WHY['no-update'].slice(1)}: let thresholds rest until the learning rate has warmed up.` : '';
      return [`every gate has been shut for ${STUCK_STEPS} steps, so nothing is learnt.${trap || ' A smaller threshold step, or a negative price per kept token, opens them.'}`];
    }
    if (this.#allOpen === STUCK_STEPS && !this.#toldAll) {
      this.#toldAll = true;
      return [`no token has been skipped for ${STUCK_STEPS} steps since the thresholds began to move: so far this run is plain LoRA. A larger threshold step, or a price per kept token, changes that.`];
    }
    return (Object.keys(WHY) as ClosedReason[]).flatMap((reason) => {
      const names = stuck.filter((m) => this.#closed.get(m) === reason).map((m) => `layer ${this.#modules[m].layer} ${this.#modules[m].kind}`);
      return names.length > 0 ? [`${names.join(', ')}: no token kept for ${STUCK_STEPS} steps; ${WHY[reason]}. ${names.length > 1 ? 'They' : 'It'} can be opened again.`] : [];
    });
  }
}
