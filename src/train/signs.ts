/**
 * Signs of trouble in each run, by its steps: a loss that climbs, gates that do what nobody wants. They are said, and
 * taken back, as events.
 */
import type { AdapterRun } from '../engine/adapterRun';
import { type TrainConfig, isGated, stepsBeforeGate } from '../shared/config';
import type { Message, MessageCode } from '../shared/message';
import type { GateStats } from '../shared/types';
import { Divergence, type DivergenceState } from './divergence';
import { GateWarnings, type GateWarningsState } from './gateWarnings';
import type { RunId, TrainEvent } from './protocol';

/** What was seen of one run so far, as plain data. */
export interface SignsState {
  divergence: DivergenceState;
  gates: GateWarningsState;
}

export class Signs {
  readonly #runs: readonly AdapterRun[];
  readonly #emit: (event: TrainEvent) => void;
  readonly #divergence: Map<RunId, Divergence>;
  readonly #gates: Map<RunId, GateWarnings>;

  /** @param saved of a session that goes on */
  constructor(
    runs: readonly AdapterRun[],
    train: TrainConfig,
    { emit, saved }: { emit: (event: TrainEvent) => void; saved: (runId: RunId) => SignsState | undefined },
  ) {
    this.#runs = runs;
    this.#emit = emit;
    this.#divergence = new Map(runs.map(({ config: { id } }) => [id, new Divergence(saved(id)?.divergence)]));
    this.#gates = new Map(
      runs.map(({ config, modules }) => [
        config.id,
        new GateWarnings(modules, stepsBeforeGate(config, train), saved(config.id)?.gates),
      ]),
    );
  }

  /** @param loss the base's validation loss, where all runs begin */
  begin(loss: number): void {
    for (const divergence of this.#divergence.values()) divergence.begin(loss);
  }

  after(runId: RunId, step: number, { loss, gate }: { loss: number; gate: GateStats | null }): void {
    this.#say(runId, this.#divergence.get(runId)!.after(loss));
    if (!gate) return;
    const gates = this.#gates.get(runId)!;
    const { changed, ...said } = gates.after(step, gate);
    this.#say(runId, said);
    if (changed) this.#emit({ type: 'skips-all', runId, step, modules: gates.skipsAll });
  }

  #say(runId: RunId, { warnings, over }: { warnings: readonly Message[]; over: readonly MessageCode[] }): void {
    if (over.length > 0) this.#emit({ type: 'warning-over', runId, codes: over });
    for (const message of warnings) this.#emit({ type: 'warning', runId, message });
  }

  /** The tokens of a module are all active again. */
  tauReset(runId: RunId, module: number, step: number): void {
    const gates = this.#gates.get(runId)!;
    gates.tauReset(module);
    if (gates.skipsAll.length === 0) this.#say(runId, { warnings: [], over: ['train.warning.skipsAll'] });
    this.#emit({ type: 'skips-all', runId, step, modules: gates.skipsAll });
  }

  /** A gated run whose gates did nothing is what the same method gives without them. */
  atEnd(runIds: readonly RunId[], step: number): void {
    for (const { config } of this.#runs) {
      if (!isGated(config) || !runIds.includes(config.id)) continue;
      const message = this.#gates.get(config.id)!.atEnd(step);
      if (message !== null) this.#emit({ type: 'warning', runId: config.id, message });
    }
  }

  state(runId: RunId): SignsState {
    return { divergence: this.#divergence.get(runId)!.state(), gates: this.#gates.get(runId)!.state() };
  }
}
