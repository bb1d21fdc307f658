/** The frozen base model on the GPU: uploaded once, shared by every run and by generation. */
import type { LlamaConfig, WeightName } from '../shared/types';
import type { BufferScope, Tensor } from './gpu/buffers';
import type { Gpu } from './gpu/device';
import { ropeTable } from './kernels/rope/rope';
import { type LlamaWeights, maxContext, uploadWeights } from './model/llama';

export class BaseModel {
  readonly gpu: Gpu;
  readonly config: LlamaConfig;
  readonly weights: LlamaWeights;
  readonly ropeTable: Tensor;
  readonly #scope: BufferScope;

  /** @param read gives each weight in PyTorch's layout */
  constructor(gpu: Gpu, config: LlamaConfig, read: (name: WeightName) => Float32Array) {
    this.gpu = gpu;
    this.config = config;
    this.#scope = gpu.buffers.scope('base');
    try {
      this.weights = uploadWeights(this.#scope, config, read);
      this.ropeTable = this.#scope.upload('ropeTable', ropeTable(maxContext(config), config.headDim, config.ropeTheta));
    } catch (error) {
      this.#scope.free();
      throw error;
    }
  }

  free(): void {
    this.#scope.free();
  }
}
