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

  /**
   * @param read gives each weight in PyTorch's layout
   * @param bindingBytes tables larger than this are split over bindings; the adapter's limit unless tests say less
   */
  constructor(gpu: Gpu, config: LlamaConfig, read: (name: WeightName) => Float32Array, bindingBytes = Math.min(gpu.info.maxBindingSize, gpu.info.maxBufferSize)) {
    this.gpu = gpu;
    this.config = config;
    this.#scope = gpu.buffers.scope('base');
    try {
      this.weights = uploadWeights(this.#scope, config, read, bindingBytes);
      this.ropeTable = this.#scope.upload('ropeTable', ropeTable(maxContext(config), config.headDim, config.ropeTheta));
    } catch (error) {
      this.#scope.free();
      throw error;
    }
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return this.#scope.bytes;
  }

  free(): void {
    this.#scope.free();
  }
}
