/** The frozen base model on the GPU: uploaded once, shared by every run and by generation. */
import type { LlamaConfig, WeightName } from '../shared/types';
import type { BufferScope, Tensor } from './device/buffers';
import type { Device } from './device/device';
import { ropeTable } from './kernels/rope/rope';
import { type LlamaWeights, maxContext, uploadWeights } from './model/llama';

export class BaseModel {
  readonly device: Device;
  readonly config: LlamaConfig;
  readonly weights: LlamaWeights;
  readonly ropeTable: Tensor;
  readonly #scope: BufferScope;

  /**
   * @param read gives each weight in PyTorch's layout
   * @param bindingBytes tables larger than this are split over bindings; the adapter's limit unless tests say less
   */
  constructor(device: Device, config: LlamaConfig, read: (name: WeightName) => Float32Array, bindingBytes = Math.min(device.info.maxBindingSize, device.info.maxBufferSize)) {
    this.device = device;
    this.config = config;
    this.#scope = device.buffers.scope('base');
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
