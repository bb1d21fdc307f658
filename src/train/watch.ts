/**
 * The token view: a text, or a picture, goes through every gated run as it is now: at each evaluation, else a twentieth
 * of the time.
 */
import { exampleCount, toBatch } from '../data/batches';
import { watchedPicture } from '../data/pictures/shown';
import { maxContext } from '../engine/model/modules';
import type { GateMap } from '../engine/measurements';
import type { Trainer } from '../engine/trainer';
import { framedIds, promptIds } from '../hub/tokenizer';
import { isGated, learnsThreshold } from '../shared/config';
import type { WatchedPicture } from '../shared/data';
import { type ModelDescription, tellsClasses } from '../shared/model';
import type { TokenBatch, TokenSet, Tokenizer } from '../shared/types';
import type { TrainEvent } from './protocol';

const SHARE_OF_TIME = 0.05;

/**
 * One sequence: with its targets where they are known, which are those of a validation example or of a text that one
 * can write.
 */
export interface Watched {
  batch: TokenBatch;
  picture?: WatchedPicture;
}

/**
 * The text or picture that is watched, cut to `most` tokens.
 * @param which a text of the user's choice; null = a validation example: of pictures that one, of texts the first
 */
export function watchedOf(
  { text, example }: { text: string | null; example: number },
  from: { validation: TokenSet; tokenizer: Tokenizer; config: ModelDescription; most: number },
): Watched {
  const { validation, tokenizer, config, most } = from;
  if (validation.pictures) {
    const at = Math.min(example, exampleCount(validation) - 1);
    return { batch: toBatch(validation, [at]), picture: watchedPicture(validation, at) };
  }
  const cut = ({ ids, targets }: Pick<TokenBatch, 'ids' | 'targets'>) => ({
    batch: {
      ids: ids.slice(0, most),
      targets: targets.slice(0, most),
      starts: Uint32Array.of(0, Math.min(most, ids.length)),
    },
  });
  if (text === null) return cut(toBatch(validation, [0]));
  if (tellsClasses(config)) {
    const ids = framedIds(tokenizer, text, most);
    return cut({ ids, targets: new Int32Array(ids.length).fill(-1) });
  }
  const ids = promptIds(tokenizer, text);
  return cut({ ids, targets: Int32Array.from(ids, (_, i) => ids[i + 1] ?? -1) });
}

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

  #watched(): Watched {
    const { base, capacity } = this.#host.trainer;
    const most = Math.min(capacity.rows, maxContext(base.config));
    return watchedOf(this, { validation: this.#validation, tokenizer: this.#tokenizer, config: base.config, most });
  }

  /** Shows the gates if it is time again, or at once. */
  async maybe(step: number, now = false): Promise<void> {
    if (!now && performance.now() < this.#notBefore) return;
    const gated = this.#host.trainer.runs.filter((r) => isGated(r.config));
    const {
      batch: { ids, patches },
      picture,
    } = this.#watched();
    if (gated.length === 0 || ids.length === 0) return;
    const tokens = this.#tokenizer.pieces(ids);
    // What is still running of the last step is not this view's time.
    await this.#host.trainer.base.device.done();
    const started = performance.now();
    for (const run of gated) {
      const { active, ratio }: GateMap = await this.#host.trainer.measurements.gateMap(run.config.id, ids, patches);
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
