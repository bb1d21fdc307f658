/** Says when gates do what nobody wants: a module that stays shut, a run that skips everything or nothing. */
import type { GateStats, ModuleId } from '../shared/types';

/** Steps in a row before a module, or a run, counts as stuck. */
export const STUCK_STEPS = 20;

export class GateWarnings {
  readonly #modules: readonly ModuleId[];
  readonly #tauWarmup: number;
  readonly #shut: Uint32Array;
  readonly #told = new Set<number>();
  #allShut = 0;
  #allOpen = 0;
  #toldAll = false;

  /** @param tauWarmup steps in which τ rests, so that every gate is open */
  constructor(modules: readonly ModuleId[], tauWarmup: number) {
    this.#modules = modules;
    this.#tauWarmup = tauWarmup;
    this.#shut = new Uint32Array(modules.length);
  }

  /** New warnings after step `step` (from 1), each told once. */
  after(step: number, { active, tokens }: Pick<GateStats, 'active' | 'tokens'>): string[] {
    const warnings: string[] = [];
    let kept = 0;
    let all = 0;
    const stuck: string[] = [];
    this.#modules.forEach(({ layer, kind }, m) => {
      kept += active[m];
      all += tokens[m];
      this.#shut[m] = active[m] === 0 && tokens[m] > 0 ? this.#shut[m] + 1 : 0;
      if (this.#shut[m] !== STUCK_STEPS || this.#told.has(m)) return;
      this.#told.add(m);
      stuck.push(`layer ${layer} ${kind}`);
    });
    this.#allShut = kept === 0 && all > 0 ? this.#allShut + 1 : 0;
    this.#allOpen = kept === all && step > this.#tauWarmup ? this.#allOpen + 1 : 0;
    if (this.#allShut === STUCK_STEPS && !this.#toldAll) {
      this.#toldAll = true;
      return [`every gate has been shut for ${STUCK_STEPS} steps, so nothing is learnt. A smaller threshold step, or a negative price per kept token, opens them.`];
    }
    if (this.#allOpen === STUCK_STEPS && !this.#toldAll) {
      this.#toldAll = true;
      return [`no token has been skipped for ${STUCK_STEPS} steps since the thresholds began to move: so far this run is plain LoRA. A larger threshold step, or a price per kept token, changes that.`];
    }
    if (stuck.length > 0) warnings.push(`${stuck.join(', ')}: no token kept for ${STUCK_STEPS} steps. What is skipped gets no gradient, so ${stuck.length > 1 ? 'they' : 'it'} may stay shut.`);
    return warnings;
  }
}
