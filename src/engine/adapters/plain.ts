/** An update without a gate: every token gets it. */
import { AdapterError } from '../../shared/errors';
import type { Tensor } from '../gpu/buffers';
import type { Op } from '../gpu/program';
import type { AdaptedModule, BackwardIO, ForwardIO, Method, NamedTensor } from './method';
import type { Update } from './update';

export class Plain implements Method {
  readonly needsSquares = false;
  readonly #update: Update;

  constructor(update: Update) {
    this.#update = update;
  }

  forward(m: AdaptedModule, io: ForwardIO): Op[] {
    return [...(io.again ? [] : this.#update.prepare(m, io)), ...this.#update.add(m, io, io.rows)];
  }

  backward(m: AdaptedModule, io: BackwardIO): Op[] {
    const { rows, gradIn } = io;
    return [
      ...this.#update.back(m, io),
      ...this.#update.gradients(m, io, { rows }),
      ...(gradIn ? this.#update.through(m, io, gradIn, rows) : []),
    ];
  }

  begin(): Op[] { return []; }
  update(): Op[] { return []; }
  refresh(): Op[] { return this.#update.refresh(); }
  prepareUpdate(): void {}
  stats(): Tensor[] { return []; }
  readStats(): null { return null; }
  state(): NamedTensor[] { return this.#update.state(); }

  async thresholds(): Promise<null> { return null; }

  setThresholds(): void {
    throw new AdapterError('An adapter without a gate has no thresholds.', 'Open this adapter as TS-LoRA.');
  }
}
