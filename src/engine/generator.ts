/**
 * Writing text: one sequence at a time through a key/value cache, by the base or by an adapted model. Gates
 * apply to every token that passes, prompt and answer alike. One readback a token: its logits.
 */
import { TrainError } from '../shared/errors';
import { Rng } from '../shared/rng';
import type { TokenBatch } from '../shared/types';
import type { AdapterRun } from './adapterRun';
import type { BaseModel } from './base';
import type { BufferScope } from './gpu/buffers';
import { Program } from './gpu/program';
import { Readback } from './gpu/readback';
import { allocate, layerSizes, topSizes } from './model/activations';
import { BatchBuffers } from './model/batch';
import { type Pass, forward } from './model/forward';
import { chunkLogits, headInput } from './model/head';
import { kvWidth, logitStride, maxContext } from './model/llama';
import { AdapterSpaces, spaceNeeds } from './model/spaces';
import { sampleToken } from './sample';

export interface SamplingOptions {
  seed: number;
  maxNewTokens: number;
  /** 0 = greedy */
  temperature: number;
  topP: number;
}

/** Rows that go through the model at once while the prompt is read. */
const PREFILL = 64;
/** Rows whose logits may be asked for in one pass. */
const LOGIT_ROWS = 16;

export class Generator {
  readonly #base: BaseModel;
  readonly #scope: BufferScope;
  readonly #batch: BatchBuffers;
  readonly #program: Program;
  readonly #logits: Pass['top']['logits'];
  readonly #readback: Readback;

  private constructor(base: BaseModel, run: AdapterRun | null) {
    const { gpu, config, weights, ropeTable } = base;
    const capacity = { rows: PREFILL, supervised: LOGIT_ROWS };
    const scope = gpu.buffers.scope(`generate ${run?.config.id ?? 'base'}`);
    this.#base = base;
    this.#scope = scope;
    this.#batch = new BatchBuffers(gpu, scope, capacity);
    const act = allocate(scope, '', layerSizes(config, capacity));
    const top = allocate(scope, '', topSizes(config, capacity));
    const cacheBytes = 4 * maxContext(config) * kvWidth(config);
    const cache = Array.from({ length: config.layers }, (_, l) => ({ k: scope.alloc(`cache.${l}.k`, cacheBytes), v: scope.alloc(`cache.${l}.v`, cacheBytes) }));
    // Nothing is kept for a backward, so all modules and layers share one set of tensors.
    const spaces = run && new AdapterSpaces(scope, config, capacity, { ...spaceNeeds([run]), keys: ['all'] });
    const pass: Pass = {
      gpu, config, weights, ropeTable, cache, top,
      batch: this.#batch,
      layers: Array.from({ length: config.layers }, () => act),
      grads: null,
      adapters: run && spaces && { method: run.method, modules: run.modules, spaces: run.modules.map(() => spaces.only()), shared: spaces.shared },
      record: false,
    };
    this.#logits = top.logits;
    this.#program = new Program(gpu, 'generate', [...forward(pass), ...headInput(pass), chunkLogits(pass, 0)]);
    this.#readback = new Readback(gpu, 'logits', top.logits.size);
  }

  static async create(base: BaseModel, run: AdapterRun | null): Promise<Generator> {
    const generator = new Generator(base, run);
    try {
      await generator.#program.compile();
      return generator;
    } catch (error) {
      generator.free();
      throw error;
    }
  }

  /** Runs `ids` at positions `start…`; logits [wanted.length, vocab] of the rows in `wanted`. */
  async #pass(ids: Int32Array, start: number, wanted: readonly number[]): Promise<Float32Array[]> {
    const { gpu, config } = this.#base;
    const targets = new Int32Array(ids.length).fill(-1);
    for (const row of wanted) targets[row] = 0;
    const batch: TokenBatch = { ids, targets, starts: Uint32Array.of(0, ids.length) };
    const counts = this.#batch.write(batch, { tokens: ids.length, supervised: wanted.length }, { keyStart: 0, start });
    const encoder = gpu.device.createCommandEncoder({ label: 'generate' });
    this.#program.encode(encoder, counts);
    const take = wanted.length > 0 ? this.#readback.copy(encoder, [this.#logits]) : null;
    gpu.device.queue.submit([encoder.finish()]);
    if (!take) return [];
    const all = new Float32Array(await take());
    return wanted.map((_, i) => all.slice(i * logitStride(config), i * logitStride(config) + config.vocab));
  }

  /** Logits [tokens][vocab] of every position of a text. For checks. */
  async logits(ids: Int32Array): Promise<Float32Array[]> {
    const rows: Float32Array[] = [];
    for (let at = 0; at < ids.length; at += LOGIT_ROWS) {
      const part = ids.slice(at, at + LOGIT_ROWS);
      rows.push(...(await this.#pass(part, at, [...part.keys()])));
    }
    return rows;
  }

  /**
   * Continues `prompt` until an end token, `maxNewTokens`, or the end of the context. `onToken` gets each new
   * id; it may return false to stop.
   * @throws {TrainError} when the prompt fills the context.
   */
  async generate(prompt: Int32Array, options: SamplingOptions, onToken: (id: number) => boolean): Promise<number[]> {
    const { config } = this.#base;
    const context = maxContext(config);
    if (prompt.length === 0 || prompt.length >= context) {
      throw new TrainError(`The prompt has ${prompt.length} tokens; this model takes 1 to ${context - 1}.`, 'Shorten the prompt.');
    }
    const rng = new Rng(options.seed);
    let logits: Float32Array | undefined;
    for (let at = 0; at < prompt.length; at += PREFILL) {
      const part = prompt.slice(at, at + PREFILL);
      const last = at + part.length === prompt.length;
      [logits] = await this.#pass(part, at, last ? [part.length - 1] : []);
    }
    const out: number[] = [];
    while (out.length < options.maxNewTokens && prompt.length + out.length < context) {
      const id = sampleToken(logits!, options, rng);
      if (config.eosIds.includes(id)) break;
      out.push(id);
      if (!onToken(id) || prompt.length + out.length >= context || out.length === options.maxNewTokens) break;
      [logits] = await this.#pass(Int32Array.of(id), prompt.length + out.length - 1, [0]);
    }
    return out;
  }

  free(): void {
    this.#readback.free();
    this.#scope.free();
  }
}
