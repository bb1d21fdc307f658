/** The frozen base model on the GPU: uploaded once, shared by every run and by generation. */
import { messageOf, OutOfMemoryError } from '../shared/errors';
import { message } from '../shared/message';
import { type ModelDescription, parameterCount, wholeModules } from '../shared/model';
import type { ReadStored } from '../shared/quantised';
import type { WholeValues } from './adapters/wholeModules';
import type { BufferScope, Tensor } from './device/buffers';
import { type Device, readFloats } from './device/device';
import { ropeTable } from './kernels/rope/rope';
import { maxContext } from './model/modules';
import { type ModelWeights, uploadWeights, uploadWhole } from './model/weights';

/** A base whose frozen weights are shared, and the values of the head that comes in the place of its own. */
interface OtherHead {
  base: BaseModel;
  values: WholeValues;
}

export class BaseModel {
  readonly device: Device;
  readonly config: ModelDescription;
  readonly weights: ModelWeights;
  /** Of each of the description's `ropes`. */
  readonly ropeTables: Tensor[];
  readonly #scope: BufferScope;
  /** Whose weights these are; null: its own. */
  readonly #under: BaseModel | null;

  /**
   * @param read gives each tensor of the state dict, as it lies there; or the base whose weights it shares
   * @param bindingBytes tables larger than this are split over bindings; the adapter's limit unless tests say less
   */
  constructor(
    device: Device,
    config: ModelDescription,
    read: ReadStored | OtherHead,
    bindingBytes = Math.min(device.info.maxBindingSize, device.info.maxBufferSize),
  ) {
    this.device = device;
    this.config = config;
    this.#scope = device.buffers.scope('base');
    this.#under = typeof read === 'function' ? null : read.base;
    try {
      if (typeof read !== 'function') {
        this.weights = { ...read.base.weights, whole: uploadWhole(this.#scope, config, read.values) };
        this.ropeTables = read.base.ropeTables;
        return;
      }
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
  static async create(device: Device, config: ModelDescription, read: ReadStored): Promise<BaseModel> {
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

  /**
   * The same frozen weights under a head for other classes, which must be freed for itself, and first.
   * @param config this model's but for the labels
   * @param values of the modules that are trained whole; those that are not among them are this model's own
   */
  async withHead(config: ModelDescription, values: WholeValues): Promise<BaseModel> {
    const all = new Map(values);
    for (const [path, { weight, bias }] of this.weights.whole) {
      const linear = wholeModules(config).find((module) => module.path === path);
      if (!linear || all.has(`${path}.weight`)) continue;
      const read = async (tensor: Tensor, length: number) => (await readFloats(this.device, tensor)).slice(0, length);
      all.set(`${path}.weight`, await read(weight, linear.dIn * linear.dOut));
      if (bias) all.set(`${path}.bias`, await read(bias, linear.dOut));
    }
    return this.device.withinMemory(() => new BaseModel(this.device, config, { base: this, values: all }));
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return this.#scope.bytes + (this.#under?.bytes ?? 0);
  }

  free(): void {
    this.#scope.free();
  }
}
