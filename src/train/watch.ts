/** The token view: a text, or a picture, goes through every gated run as it is now, at most a twentieth of the time. */
import { exampleCount, toBatch } from '../data/batches';
import { watchedPicture } from '../data/pictures/shown';
import { maxContext } from '../engine/model/modules';
import type { GateMap, Trainer } from '../engine/trainer';
import { framedIds, promptIds } from '../hub/tokenizer';
import { isGated, learnsThreshold } from '../shared/config';
import type { WatchedPicture } from '../shared/data';
import { tellsClasses } from '../shared/model';
import type { TokenSet, Tokenizer } from '../shared/types';
import type { TrainEvent } from './protocol';

const SHARE_OF_TIME = 0.05;

export class Watcher {
  /** Text of the user's choice; null = the first validation example. */
  text: string | null = null;
  /** Of pictures: the validation example that is watched. */
  example = 0;
  readonly #host: { readonly trainer: Trainer };
  readonly #tokenizer: Tokenizer;
  readonly #validation: TokenSet;
  readonly #emit: (event: TrainEvent) => void;
  #notBefore = 0;

  /** @param host its trainer may be another one later */
  constructor(
    host: { readonly trainer: Trainer },
    tokenizer: Tokenizer,
    validation: TokenSet,
    emit: (event: TrainEvent) => void,
  ) {
    this.#host = host;
    this.#tokenizer = tokenizer;
    this.#validation = validation;
    this.#emit = emit;
  }

  #watched(): { ids: Int32Array; patches?: Float32Array; picture?: WatchedPicture } {
    if (!this.#validation.pictures) return { ids: this.#ids() };
    const example = Math.min(this.example, exampleCount(this.#validation) - 1);
    const { ids, patches } = toBatch(this.#validation, [example]);
    return { ids, patches, picture: watchedPicture(this.#validation, example) };
  }

  #ids(): Int32Array {
    const { text } = this;
    const { base, capacity } = this.#host.trainer;
    const most = Math.min(capacity.rows, maxContext(base.config));
    if (text === null)
      return this.#validation.ids.slice(this.#validation.offsets[0], this.#validation.offsets[1]).slice(0, most);
    return tellsClasses(base.config)
      ? framedIds(this.#tokenizer, text, most)
      : promptIds(this.#tokenizer, text).slice(0, most);
  }

  /** Shows the gates if it is time again, or at once. */
  async maybe(step: number, now = false): Promise<void> {
    if (!now && performance.now() < this.#notBefore) return;
    const gated = this.#host.trainer.runs.filter((r) => isGated(r.config));
    const { ids, patches, picture } = this.#watched();
    if (gated.length === 0 || ids.length === 0) return;
    const tokens = this.#tokenizer.pieces(ids);
    // What is still running of the last step is not this view's time.
    await this.#host.trainer.base.device.done();
    const started = performance.now();
    for (const run of gated) {
      const { active, ratio }: GateMap = await this.#host.trainer.gateMap(run.config.id, ids, patches);
      this.#emit({
        type: 'watch',
        runId: run.config.id,
        step,
        tokens,
        ...(picture && { picture }),
        modules: run.modules.map(({ layer, kind }) => ({ layer, kind })),
        active,
        ratio,
        tau: learnsThreshold(run.config.gate) ? await run.method.thresholds() : null,
      });
    }
    const ended = performance.now();
    this.#notBefore = ended + (ended - started) / SHARE_OF_TIME;
  }
}
