/**
 * Classes of single sequences: the base and any adapted models read one side by side and answer with the logits of
 * their heads. For adapters that are not in training; a `Trainer` reads its own in batches.
 */
import { classBatch } from '../shared/classHead';
import { type ClassModel, logitCount, patchValues, tellsClasses } from '../shared/model';
import type { Sequence } from '../shared/types';
import type { AdapterRun } from './adapterRun';
import type { BaseModel } from './base';
import type { BufferScope, Tensor } from './device/buffers';
import { type Device, readFloats } from './device/device';
import { Program } from './device/program';
import { BatchBuffers, type Capacity, targetStride } from './model/batch';
import { forward } from './model/forward';
import { chunkLogits, headInput } from './model/nn/head';
import { logitStride } from './model/modules';
import type { Pass } from './model/nn/pass';
import { readingPass } from './readingPass';

export class ClassReader {
  readonly #device: Device;
  readonly #config: ClassModel;
  readonly #scope: BufferScope;
  readonly #batch: BatchBuffers;
  readonly #program: Program;
  readonly #logits: Tensor;
  readonly #models: number;

  private constructor(base: BaseModel, scope: BufferScope, runs: readonly (AdapterRun | null)[], rows: number) {
    const { device, config } = base;
    const capacity: Capacity = {
      rows,
      supervised: 1,
      segments: runs.length,
      headChunk: targetStride({ supervised: 1 }),
      ownHeads: true,
      ...(config.embedding.patches && { patchValues: patchValues(config.embedding.patches) }),
    };
    if (!tellsClasses(config)) throw new Error('a head without classes');
    this.#device = device;
    this.#config = config;
    this.#scope = scope;
    this.#models = runs.length;
    this.#batch = new BatchBuffers(device, scope, capacity, 1);
    const pass: Pass = { ...readingPass(base, scope, runs, capacity), batch: this.#batch, cache: null };
    this.#logits = pass.top.logits;
    this.#program = new Program(device, scope, 'classes', [
      ...forward(pass),
      ...headInput(pass),
      ...runs.flatMap((_, i) => chunkLogits(pass, i)),
    ]);
  }

  /**
   * @param runs the models that answer, in order; null is the base
   * @param rows tokens that a sequence may have
   * @throws {OutOfMemoryError} where there is no room; nothing stays allocated then
   */
  static async create(base: BaseModel, runs: readonly (AdapterRun | null)[], rows: number): Promise<ClassReader> {
    const scope = base.device.buffers.scope('classes');
    try {
      return await base.device.withinMemory(() => new ClassReader(base, scope, runs, rows));
    } catch (error) {
      scope.free();
      throw error;
    }
  }

  /** Logits [models][classes] of one sequence. */
  async logits(sequence: Sequence): Promise<Float32Array[]> {
    const [device, config] = [this.#device, this.#config];
    await this.#program.compile();
    const totals = { tokens: sequence.ids.length, supervised: 1 };
    const batch = classBatch(config.head, [sequence], [0]);
    const [counts] = this.#batch.stage([batch], totals, this.#models, { kind: 'evaluate' });
    device.submit('classes', (commands) => {
      this.#batch.load(commands, 0);
      this.#program.encode(commands, counts);
    });
    const all = await readFloats(device, this.#logits);
    const [stride, count] = [targetStride({ supervised: 1 }) * logitStride(config), logitCount(config)];
    return Array.from({ length: this.#models }, (_, m) => all.slice(m * stride, m * stride + count));
  }

  free(): void {
    this.#scope.free();
  }
}
