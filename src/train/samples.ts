/**
 * Samples during training: at every evaluation each run continues the same few prompts, greedily, so that what changes
 * between two steps is what was learnt. Uses memory of its own and leaves the runs as they are.
 */
import { exampleCount } from '../data/batches';
import { Generator } from '../engine/generator';
import { maxContext } from '../engine/model/modules';
import type { Trainer } from '../engine/trainer';
import { promptIds, TextStream } from '../hub/tokenizer';
import { OutOfMemoryError, TrainError } from '../shared/errors';
import { unguard } from '../shared/guard';
import { message } from '../shared/message';
import type { Prompt as Asked, TokenSet, Tokenizer } from '../shared/types';
import { MAX_SAMPLE_PROMPTS, type RunId, SAMPLE_TOKENS, type TrainEvent } from './protocol';

/** Words that stand for a prompt where a set has none, in tokens. */
const OPENING = 12;
/** Validation examples that are tried for a default prompt. */
const TRIED = 32;

interface Prompt {
  ids: Int32Array;
  text: string;
  /** How the example goes on; null for a prompt of the user's own. */
  expected: string | null;
  /** Whether its answer ends with the first special token, as in a chat, or with the model's own end alone. */
  chat: boolean;
}

export class Sampler {
  readonly #host: { readonly trainer: Trainer };
  readonly #tokenizer: Tokenizer;
  readonly #validation: TokenSet;
  readonly #emit: (event: TrainEvent) => void;
  readonly #cancelled: () => boolean;
  #prompts: Prompt[] = [];

  /**
   * @param host its trainer may be another one later @param cancelled asked at every token; true ends the answers there
   */
  constructor(
    host: { readonly trainer: Trainer },
    tokenizer: Tokenizer,
    {
      validation,
      emit,
      cancelled,
    }: { validation: TokenSet; emit: (event: TrainEvent) => void; cancelled: () => boolean },
  ) {
    this.#host = host;
    this.#tokenizer = tokenizer;
    this.#validation = validation;
    this.#emit = emit;
    this.#cancelled = cancelled;
  }

  /**
   * From now on these prompts, as the model will read them; null = the prompt of the first validation example that
   * fits; an empty list = none.
   * @throws {TrainError} when one is too long or there are too many
   */
  set(prompts: readonly Asked[] | null): void {
    if (prompts && prompts.length > MAX_SAMPLE_PROMPTS)
      throw new TrainError(message('train.session.manyPrompts', { most: MAX_SAMPLE_PROMPTS }));
    this.#prompts = prompts ? prompts.map((p) => this.#typed(p)) : this.#fromData();
  }

  get #room(): number {
    return maxContext(this.#host.trainer.base.config) - 1;
  }

  #typed(asked: Asked): Prompt {
    const ids = promptIds(this.#tokenizer, asked);
    if (ids.length === 0 || ids.length > this.#room)
      throw new TrainError(message('train.session.longPrompt', { tokens: ids.length, most: this.#room }));
    return typeof asked === 'string'
      ? { ids, text: asked, expected: null, chat: false }
      : { ids, text: unguard(asked.templated), expected: null, chat: true };
  }

  /** What stands before the first supervised token of a validation example; for plain text its opening words. */
  #fromData(): Prompt[] {
    const { ids, offsets, supervised } = this.#validation;
    for (let e = 0; e < Math.min(TRIED, exampleCount(this.#validation)); e++) {
      const example = ids.subarray(offsets[e], offsets[e + 1]);
      const first = supervised.subarray(offsets[e], offsets[e + 1]).indexOf(1);
      const length = first > 1 ? first : this.#opening(example);
      if (length < 1 || length > this.#room) continue;
      // Special tokens inside are a chat template's.
      const chat = example.subarray(1, length).some((id) => this.#tokenizer.special.has(id));
      return [
        {
          ids: example.slice(0, length),
          text: this.#text(example.subarray(0, length)),
          expected: this.#text(example.subarray(length, length + SAMPLE_TOKENS)),
          chat,
        },
      ];
    }
    return [];
  }

  /** Length of a text's opening words: to where a word ends, if one ends soon. */
  #opening(example: Int32Array): number {
    const least = Math.min(OPENING, Math.floor(example.length / 2));
    const pieces = this.#tokenizer.pieces(example.subarray(least, least + OPENING));
    const end = pieces.findIndex((p) => /^\s/.test(p));
    return least + Math.max(0, end);
  }

  #text(ids: Int32Array): string {
    const { bosId, eosId } = this.#tokenizer;
    return this.#tokenizer.decode(ids.filter((id) => id !== bosId && id !== eosId));
  }

  /**
   * Answers of `runIds` ('base' among them) after `step` steps, all beside one another. Memory that is short ends
   * sampling, not the run.
   */
  async take(step: number, runIds: readonly RunId[]): Promise<void> {
    const { base } = this.#host.trainer;
    for (const { ids, text: prompt, expected, chat } of this.#prompts) {
      if (this.#cancelled() || runIds.length === 0) return;
      const streams = runIds.map(() => new TextStream(this.#tokenizer));
      const written = runIds.map(() => '');
      try {
        const generator = await Generator.create(
          base,
          runIds.map((id) => (id === 'base' ? null : this.#host.trainer.run(id))),
          ids.length + SAMPLE_TOKENS,
        );
        try {
          await generator.generate(
            ids,
            { seed: 0, maxNewTokens: SAMPLE_TOKENS, temperature: 0, topP: 1 },
            (m, id) => {
              written[m] += streams[m].push(id);
              return !this.#cancelled() && !(chat && this.#tokenizer.special.has(id));
            },
            (m) => {
              written[m] += streams[m].end();
            },
          );
        } finally {
          generator.free();
        }
      } catch (error) {
        if (!(error instanceof OutOfMemoryError)) throw error;
        this.#prompts = [];
        this.#emit({ type: 'warning', runId: null, message: message('train.warning.noSamples') });
        return;
      }
      if (this.#cancelled()) return;
      runIds.forEach((runId, i) => this.#emit({ type: 'sample', runId, step, prompt, expected, text: written[i] }));
    }
  }
}
