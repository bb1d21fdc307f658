/** One descriptor for a shader, one cache for pipelines. Nothing is compiled twice. */
import { GpuError } from '../../shared/errors';

/** A compute shader with its sizes filled in. Entry point is always `main`. */
export interface Kernel {
  label: string;
  /** WGSL after `compose`. */
  code: string;
  /** Values of `override` constants. */
  constants: Record<string, number>;
}

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #values = new Map<string, GPUBuffer>();

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

  /**
   * A small uniform with these bytes, one for all dispatches that want the same ones. They live as long as the
   * pipelines and are as few: one for each distinct shape.
   */
  values(data: ArrayBuffer): GPUBuffer {
    const key = new Uint32Array(data).join();
    let buffer = this.#values.get(key);
    if (!buffer) {
      buffer = this.#device.createBuffer({ label: `values ${key}`, size: data.byteLength, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
      this.#device.queue.writeBuffer(buffer, 0, data);
      this.#values.set(key, buffer);
    }
    return buffer;
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
        throw new GpuError(`Shader "${kernel.label}" does not compile, line ${bad.lineNum}: ${bad.message} (${line})`, 'This is a fault in Sieve or in the graphics driver.');
      }
    }
    try {
      return await this.#device.createComputePipelineAsync({
        label: kernel.label,
        layout: 'auto',
        compute: { module, entryPoint: 'main', constants: kernel.constants },
      });
    } catch (error) {
      throw new GpuError(`Shader "${kernel.label}" cannot be made into a pipeline: ${(error as Error).message}`, 'This is a fault in Sieve or in the graphics driver.');
    }
  }
}
