/** The frozen base model on the GPU: uploaded once, shared by every run and by generation. */
import { messageOf, OutOfMemoryError } from '../shared/errors';
import { message } from '../shared/message';
import { type ModelDescription, parameterCount } from '../shared/model';
import type { BufferScope, Tensor } from './device/buffers';
import type { Device } from './device/device';
import { ropeTable } from './kernels/rope/rope';
import { maxContext } from './model/modules';
import { type ModelWeights, type ReadWeight, uploadWeights } from './model/weights';

export class BaseModel {
  readonly device: Device;
  readonly config: ModelDescription;
  readonly weights: ModelWeights;
  /** Of each of the description's `ropes`. */
  readonly ropeTables: Tensor[];
  readonly #scope: BufferScope;

  /**
   * @param read gives each tensor of the state dict, as it lies there
   * @param bindingBytes tables larger than this are split over bindings; the adapter's limit unless tests say less
   */
  constructor(
    device: Device,
    config: ModelDescription,
    read: ReadWeight,
    bindingBytes = Math.min(device.info.maxBindingSize, device.info.maxBufferSize),
  ) {
    this.device = device;
    this.config = config;
    this.#scope = device.buffers.scope('base');
    try {
      this.weights = uploadWeights(this.#scope, config, read, bindingBytes);
      this.ropeTables = config.ropes.map((rope, i) =>
        this.#scope.upload(`ropes.${i}`, ropeTable(maxContext(config), rope)),
      );
    } catch (error) {
      this.#scope.free();
      throw error;
    }
  }

  /**
   * The same, once the device has said that everything fitted.
   * @throws {OutOfMemoryError} with what the weights need; nothing stays allocated then
   */
  static async create(device: Device, config: ModelDescription, read: ReadWeight): Promise<BaseModel> {
    let base: BaseModel | null = null;
    try {
      return await device.withinMemory(() => (base = new BaseModel(device, config, read)));
    } catch (error) {
      (base as BaseModel | null)?.free();
      if (!(error instanceof OutOfMemoryError)) throw error;
      throw new OutOfMemoryError(
        message('engine.model.noRoom', {
          mib: ((4 * parameterCount(config)) / 2 ** 20).toFixed(0),
          why: messageOf(error),
        }),
      );
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
