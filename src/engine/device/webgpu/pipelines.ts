/** One cache for pipelines. Nothing is compiled twice. */
import { GpuError } from '../../../shared/errors';
import { texts } from '../../../shared/texts';
import type { Kernel } from '../dispatch';

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get size(): number {
    return this.#pipelines.size;
  }

  /**
   * The pipeline of a kernel, compiled on first use.
   * @throws {GpuError} with the compiler's message and line.
   */
  get(kernel: Kernel): Promise<GPUComputePipeline> {
    const key = `${kernel.code}\0${JSON.stringify(Object.entries(kernel.constants).sort())}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.#compile(kernel);
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  async #compile(kernel: Kernel): Promise<GPUComputePipeline> {
    let module = this.#modules.get(kernel.code);
    if (!module) {
      module = this.#device.createShaderModule({ label: kernel.label, code: kernel.code });
      this.#modules.set(kernel.code, module);
      const { messages } = await module.getCompilationInfo();
      const bad = messages.find((m) => m.type === 'error');
      if (bad) {
        const line = kernel.code.split('\n')[bad.lineNum - 1]?.trim() ?? '';
        throw new GpuError(texts().errors.engine.gpu.shader(kernel.label, bad.lineNum, bad.message, line));
      }
    }
    try {
      return await this.#device.createComputePipelineAsync({
        label: kernel.label,
        layout: 'auto',
        compute: { module, entryPoint: 'main', constants: kernel.constants },
      });
    } catch (error) {
      throw new GpuError(texts().errors.engine.gpu.pipeline(kernel.label, (error as Error).message));
    }
  }
}
