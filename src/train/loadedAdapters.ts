/** Adapters that came from files: as runs of their own, or in place of a saved session's. */
import { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import { isPerToken, trainSchema } from '../shared/config';
import { AdapterError } from '../shared/errors';
import { message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import type { ModelFile } from '../shared/types';
import { compareCheck, fitsModel } from './adapterCheck';
import { checkedSequence } from './checkPicture';
import { DEVICE_BARS } from './logitCheck';
import { logitRows } from './logitRows';
import type { OpenModel } from './openModel';
import type { AdapterFile, RunId, TrainEvent, TrainReplies } from './protocol';
import { type ImportedAdapter, readAdapter } from './readAdapter';

export class LoadedAdapters {
  readonly #imported = new Map<RunId, AdapterRun>();
  /** Adapters of a saved session that stand in for the experiment's own, until the next one begins. */
  readonly #standIns = new Map<RunId, AdapterRun>();
  /** Bases under heads that adapters brought with them. */
  readonly #heads = new Map<AdapterRun, BaseModel>();

  find(runId: RunId): AdapterRun | undefined {
    return this.#standIns.get(runId) ?? this.#imported.get(runId);
  }

  /** The base under the head that an adapter brought with it. */
  headOf(run: AdapterRun): BaseModel | undefined {
    return this.#heads.get(run);
  }

  /**
   * Loads files onto the model. @param as the run that it stands in for; null = a run of its own
   * @throws {AdapterError} where the files are damaged, belong to another model, or give other logits than they say
   */
  async load(
    { base: open, tokenizer, info }: OpenModel,
    files: readonly AdapterFile[],
    { as, name }: { as: RunId | null; name?: string },
    emit: (event: TrainEvent) => void,
  ): Promise<TrainReplies['import']> {
    let n = 1;
    while (this.#imported.has(`imported-${n}`)) n++;
    const id = as ?? `imported-${n}`;
    const adapter = readAdapter(files, open.config, id, name);
    const base = adapter.whole.size > 0 ? await open.withHead(adapter.model, adapter.whole) : open;
    const run = new AdapterRun(base, adapter.run, trainSchema.parse({}));
    if (base !== open) this.#heads.set(run, base);
    try {
      await run.init();
      run.load(adapter.adapters);
      if (adapter.thresholds) run.method.setThresholds(adapter.thresholds);
      await run.refresh();
      const { check } = adapter;
      if (!check) sayOtherBase(adapter, info.file, emit);
      else {
        const sequence = fitsModel(check, base.config) && checkedSequence(check, tokenizer.pictures);
        if (!sequence) throw new AdapterError(message('train.studio.otherCheck'));
        const ours = await logitRows(base, run, [sequence]);
        const result = compareCheck(check, ours, DEVICE_BARS);
        if (!result.ok)
          throw new AdapterError(
            message('train.studio.otherLogits', {
              error: result.relativeError.toExponential(1),
              allowed: DEVICE_BARS.largest,
              model: check.model,
            }),
          );
      }
    } catch (error) {
      this.#free(run);
      throw error;
    }
    const home = as === null ? this.#imported : this.#standIns;
    this.#free(home.get(id));
    home.set(id, run);
    const { name: called, method } = adapter.run;
    return {
      runId: id,
      name: called,
      template: adapter.template,
      gated: adapter.thresholds !== null || isPerToken(adapter.run),
      method,
      labels: tellsClasses(base.config) ? base.config.head.labels : null,
    };
  }

  /** Frees an adapter that was imported as a run of its own. */
  release(runId: RunId): void {
    this.#free(this.#imported.get(runId));
    this.#imported.delete(runId);
  }

  freeImported(): void {
    this.#freeAll(this.#imported);
  }

  freeStandIns(): void {
    this.#freeAll(this.#standIns);
  }

  /** The device that they lay on is gone. */
  forget(): void {
    this.#imported.clear();
    this.#standIns.clear();
    this.#heads.clear();
  }

  /** With the head that it brought. */
  #free(run: AdapterRun | undefined): void {
    if (!run) return;
    run.free();
    this.#heads.get(run)?.free();
    this.#heads.delete(run);
  }

  #freeAll(runs: Map<RunId, AdapterRun>): void {
    for (const run of runs.values()) this.#free(run);
    runs.clear();
  }
}

/** Says that an adapter was trained on other values than those that are open, where its files tell. */
function sayOtherBase({ run, base }: ImportedAdapter, open: ModelFile, emit: (event: TrainEvent) => void): void {
  if (!base || base.path === open.path || (base.exact && open.exact)) return;
  const said = message('train.warning.otherBase', { name: run.name, was: base.path, now: open.path });
  emit({ type: 'warning', runId: null, message: said });
}
