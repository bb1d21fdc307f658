/** One cache for pipelines. Nothing is compiled twice. */
import { KernelError } from '../../../shared/errors';
import { message } from '../../../shared/message';
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
   * The pipeline of a kernel, compiled on first use. One that failed is compiled again when it is asked for again: the
   * GPU may have been short of memory.
   * @throws {KernelError} with the compiler's message and line.
   */
  get(kernel: Kernel): Promise<GPUComputePipeline> {
    const key = `${kernel.code}\0${JSON.stringify(Object.entries(kernel.constants).sort())}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.#compile(kernel);
      this.#pipelines.set(key, pipeline);
      pipeline.catch(() => this.#pipelines.delete(key));
    }
    return pipeline;
  }

  async #compile(kernel: Kernel): Promise<GPUComputePipeline> {
    const module = await this.#module(kernel);
    try {
      return await this.#device.createComputePipelineAsync({
        label: kernel.label,
        layout: 'auto',
        compute: { module, entryPoint: 'main', constants: kernel.constants },
      });
    } catch (error) {
      throw new KernelError(
        message('engine.gpu.pipeline', { label: kernel.label, message: (error as Error).message }),
        kernel.variants ?? [],
      );
    }
  }

  async #module({ label, code, variants = [] }: Kernel): Promise<GPUShaderModule> {
    const made = this.#modules.get(code);
    if (made) return made;
    // In a scope: whoever asked is told, and the device is as good as before.
    this.#device.pushErrorScope('validation');
    const module = this.#device.createShaderModule({ label, code });
    this.#modules.set(code, module);
    const [{ messages }, invalid] = await Promise.all([module.getCompilationInfo(), this.#device.popErrorScope()]);
    const bad = messages.find((m) => m.type === 'error');
    if (!bad && !invalid) return module;
    this.#modules.delete(code);
    if (!bad) throw new KernelError(message('engine.gpu.pipeline', { label, message: invalid!.message }), variants);
    throw new KernelError(
      message('engine.gpu.shader', {
        label,
        line: bad.lineNum,
        message: bad.message,
        text: code.split('\n')[bad.lineNum - 1]?.trim() ?? '',
      }),
      variants,
    );
  }
}
