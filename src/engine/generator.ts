/**
 * Writing text: the base and any adapted models answer one prompt in one batch, each with its own key/value cache.
 * Gates apply to every token that passes, prompt and answer alike. One readback a token: the logits of every model's
 * last row.
 */
import { TrainError } from '../shared/errors';
import { Rng } from '../shared/rng';
import { message } from '../shared/message';
import type { TokenBatch } from '../shared/types';
import type { AdapterRun } from './adapterRun';
import type { BaseModel } from './base';
import type { BufferScope } from './device/buffers';
import type { Read, Readback } from './device/device';
import { Program } from './device/program';
import { type ModelDescription } from '../shared/model';
import { type Sizes, allocate, headWidths } from './model/activations';
import { BatchBuffers, type Capacity, batchSizes, headChunkRows } from './model/batch';
import { forward } from './model/forward';
import { chunkLogits, headInput } from './model/nn/head';
import type { Pass } from './model/nn/pass';
import { logitStride, maxContext } from './model/modules';
import { type Reading, readingPass, readingSizes } from './readingPass';
import { sampleToken } from './sample';

export interface SamplingOptions {
  seed: number;
  maxNewTokens: number;
  /** 0 = greedy */
  temperature: number;
  topP: number;
}

/** Rows of each model that go through at once while the prompt is read. */
const PREFILL = 64;
/** Rows of each model whose logits may be asked for in one pass. */
const LOGIT_ROWS = 16;

/**
 * One way through the model, with the rows it is made for. Compiled when it is first needed: whoever only reads has no
 * use for the kernels that write.
 */
interface Stage {
  batch: BatchBuffers;
  program: Program;
}

/** Many rows of every model, and one: as few rows apart, so that both work on the same tensors. */
function capacitiesOf(config: ModelDescription, models: number): { prefill: Capacity; decode: Capacity } {
  const supervised = Math.max(1, Math.min(LOGIT_ROWS, Math.floor(headChunkRows(config.vocab) / models)));
  return {
    prefill: { rows: PREFILL, supervised, segments: models, headChunk: supervised * models },
    decode: { rows: 1, supervised: 1, segments: models, headChunk: models },
  };
}

/** Of each layer, for `models` that keep `length` rows. */
const cacheSizes = ({ layers }: ModelDescription, models: number, length: number) =>
  layers.map(({ attention }) => {
    const bytes = 4 * models * length * headWidths(attention).kv;
    return { k: bytes, v: bytes };
  });

/** Bytes of a generator for texts of `length` tokens, by name. */
export function generatorSizes(config: ModelDescription, runs: readonly Reading[], length: number): Sizes {
  const { prefill, decode } = capacitiesOf(config, runs.length);
  return {
    cache: Object.fromEntries(cacheSizes(config, runs.length, Math.min(length, maxContext(config))).entries()),
    pass: readingSizes(config, runs, prefill),
    prefill: batchSizes(prefill, 1),
    decode: batchSizes(decode, 1),
  };
}

export class Generator {
  readonly #base: BaseModel;
  readonly #scope: BufferScope;
  /** Many rows of every model, and one: the kernels for a single row are others. */
  readonly #prefill: Stage;
  readonly #decode: Stage;
  readonly #logits: Pass['top']['logits'];
  readonly #readback: Readback;
  readonly #models: number;
  readonly #logitRows: number;
  /** Rows of a model's cache. */
  readonly #length: number;

  private constructor(base: BaseModel, scope: BufferScope, runs: readonly (AdapterRun | null)[], length: number) {
    const { device, config } = base;
    if (config.head.kind === 'classes') throw new Error('a head with classes continues no text');
    this.#models = runs.length;
    this.#length = length;
    const { prefill, decode } = capacitiesOf(config, runs.length);
    this.#logitRows = prefill.supervised;
    this.#base = base;
    this.#scope = scope;
    const cache = cacheSizes(config, runs.length, length).map((sizes, l) => allocate(scope, `cache.${l}.`, sizes));
    const pass: Omit<Pass, 'batch'> = { ...readingPass(base, scope, runs, prefill), cache };
    const { top } = pass;
    this.#logits = top.logits;
    const stage = (label: string, capacityOf: Capacity): Stage => {
      const batch = new BatchBuffers(device, scope, capacityOf, 1);
      const own = { ...pass, batch };
      return {
        batch,
        program: new Program(device, scope, label, [...forward(own), ...headInput(own), ...chunkLogits(own, 0)]),
      };
    };
    this.#prefill = stage('prefill', prefill);
    this.#decode = stage('decode', decode);
    this.#readback = device.readback('logits', top.logits.size);
  }

  /**
   * @param runs the models that answer, in order; null is the base
   * @param length tokens that a text may have, prompt and answer together; at most the model's context
   * @throws {OutOfMemoryError} when their caches do not fit; nothing stays allocated then
   */
  static async create(base: BaseModel, runs: readonly (AdapterRun | null)[], length: number): Promise<Generator> {
    const scope = base.device.buffers.scope('generate');
    try {
      return await base.device.withinMemory(
        () => new Generator(base, scope, runs, Math.min(length, maxContext(base.config))),
      );
    } catch (error) {
      scope.free();
      throw error;
    }
  }

  /**
   * Runs each model's `ids` (behind one another) at positions `start…`. Logits [models][wanted.length][vocab] of the
   * rows in `wanted`.
   */
  async #pass(ids: Int32Array, start: number, wanted: readonly number[]): Promise<Float32Array[][]> {
    const { device, config } = this.#base;
    const rows = ids.length / this.#models;
    const targets = new Int32Array(rows).fill(-1);
    for (const row of wanted) targets[row] = 0;
    const batch: TokenBatch = { ids, targets, starts: Uint32Array.of(0, rows) };
    const stage = rows === 1 ? this.#decode : this.#prefill;
    await stage.program.compile();
    const stride = logitStride(config);
    const logits = this.#logits.slice('wanted logits', 0, 4 * this.#models * wanted.length * stride);
    const [counts] = stage.batch.stage([batch], { tokens: rows, supervised: wanted.length }, this.#models, {
      kind: 'decode',
      draw: start,
      decode: { start, context: this.#length },
    });
    let take: (() => Promise<Read>) | null = null;
    device.submit('generate', (commands) => {
      stage.batch.load(commands, 0);
      stage.program.encode(commands, counts);
      if (wanted.length > 0) take = this.#readback.copy(commands, [logits]);
    });
    if (!take) return [];
    const all = new Float32Array((await (take as () => Promise<Read>)()).bytes);
    return Array.from({ length: this.#models }, (_, m) =>
      wanted.map((_w, i) => {
        const at = (m * wanted.length + i) * stride;
        return all.subarray(at, at + config.vocab);
      }),
    );
  }

  #forAll(ids: Int32Array): Int32Array {
    const all = new Int32Array(ids.length * this.#models);
    for (let m = 0; m < this.#models; m++) all.set(ids, m * ids.length);
    return all;
  }

  /** Logits [models][tokens][vocab] of every position of a text. For checks. */
  async logits(ids: Int32Array): Promise<Float32Array[][]> {
    const rows: Float32Array[][] = Array.from({ length: this.#models }, () => []);
    for (let at = 0; at < ids.length; at += this.#logitRows) {
      const part = ids.slice(at, at + this.#logitRows);
      (await this.#pass(this.#forAll(part), at, [...part.keys()])).forEach((own, m) => rows[m].push(...own));
    }
    return rows;
  }

  /**
   * Next-token logits [models][vocab] after `ids`, which stand at position `start` and on; what stood there is
   * replaced. `ids` are the same for all models; with `own`, one for each.
   */
  async read(ids: Int32Array, start: number, own = false): Promise<Float32Array[]> {
    if (own) return (await this.#pass(ids, start, [0])).map(([last]) => last);
    let logits: Float32Array[][] = [];
    for (let at = 0; at < ids.length; at += PREFILL) {
      const part = ids.slice(at, at + PREFILL);
      const last = at + part.length === ids.length;
      logits = await this.#pass(this.#forAll(part), start + at, last ? [part.length - 1] : []);
    }
    return logits.map(([last]) => last);
  }

  /**
   * Continues `prompt` with every model until its end token, `maxNewTokens`, or the end of the context; each draws from
   * its own generator with the same seed. `onToken` gets each new id; it may return false to stop that model.
   * `onEnd` is told when a model is through.
   * @throws {TrainError} when the prompt leaves no room.
   */
  async generate(
    prompt: Int32Array,
    options: SamplingOptions,
    onToken: (model: number, id: number) => boolean,
    onEnd: (model: number) => void = () => {},
  ): Promise<number[][]> {
    const { config } = this.#base;
    if (prompt.length === 0 || prompt.length >= this.#length) {
      throw new TrainError(message('engine.model.prompt', { tokens: prompt.length, most: maxContext(config) - 1 }));
    }
    await Promise.all([this.#prefill.program.compile(), this.#decode.program.compile()]);
    let logits = await this.read(prompt, 0);
    const models = Array.from({ length: this.#models }, () => ({
      rng: new Rng(options.seed),
      out: [] as number[],
      open: true,
    }));
    const room = Math.min(options.maxNewTokens, this.#length - prompt.length);
    // A model that is through still passes, on its last token: rows must be as many for all.
    const ids = new Int32Array(this.#models);
    for (let n = 0; n < room; n++) {
      models.forEach((model, m) => {
        if (!model.open) return;
        const id = sampleToken(logits[m], options, model.rng);
        const ended = config.eosIds.includes(id);
        if (!ended) {
          model.out.push(id);
          ids[m] = id;
        }
        if (ended || !onToken(m, id) || model.out.length === room) {
          model.open = false;
          onEnd(m);
        }
      });
      if (models.every((model) => !model.open)) break;
      logits = await this.read(ids, prompt.length + n, true);
    }
    return models.map((model) => model.out);
  }

  free(): void {
    this.#readback.free();
    this.#scope.free();
  }
}
