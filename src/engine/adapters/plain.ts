/** An update without a gate: every token gets it. */
import { AdapterError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { Tensor } from '../device/buffers';
import type { Op } from '../device/program';
import { inOneCall } from '../kernels/lowRank/inOneCall';
import type {
  AdaptedModule,
  BackwardIO,
  ForwardIO,
  FrozenGradientIO,
  Method,
  ModuleBackward,
  StateTensor,
} from './method';
import type { Update } from './update';

export class Plain implements Method {
  readonly needsRowNorms = false;
  readonly wholeBatch = null;
  readonly #update: Update;

  constructor(update: Update) {
    this.#update = update;
  }

  get usesBaseOutput(): boolean {
    return this.#update.usesBaseOutput;
  }

  init(): Op[] {
    return this.#update.init();
  }

  forward(m: AdaptedModule, io: ForwardIO): Op[] {
    const add = this.#update.add(m, io, io.rows);
    if (io.recompute) return add;
    return inOneCall([...this.#update.prepare(m, io), ...add], 'adapter forward', this.#update.forwardInOne?.(m, io));
  }

  frozenGradient(m: AdaptedModule, io: FrozenGradientIO): Op[] {
    return this.#update.frozenGradient(m, io, null);
  }

  backward(m: AdaptedModule, io: BackwardIO): ModuleBackward {
    const { rows, gradIn } = io;
    const all = [...this.#update.back(m, io), ...(gradIn ? this.#update.through(m, io, gradIn, rows) : [])];
    return {
      through: inOneCall(all, 'adapter backward', this.#update.backwardInOne?.(m, io)),
      gradients: this.#update.gradients(m, io, rows),
    };
  }

  begin(): Op[] {
    return [];
  }
  finish(): Op[] {
    return this.#update.finish();
  }
  update(): Op[] {
    return this.#update.afterStep();
  }
  refresh(): Op[] {
    return this.#update.refresh();
  }
  probe(): null {
    return null;
  }
  beginProbe(): Op[] {
    return [];
  }
  endProbe(): Op[] {
    return [];
  }
  prepareUpdate(step: number): void {
    this.#update.prepareStep(step);
  }
  stats(): Tensor[] {
    return [];
  }
  readStats(): null {
    return null;
  }
  state(): StateTensor[] {
    return this.#update.state();
  }

  async thresholds(): Promise<null> {
    return null;
  }

  resetTau(): void {
    throw new AdapterError(message('engine.adapter.noGateToOpen'));
  }

  setThresholds(): void {
    throw new AdapterError(message('engine.adapter.noGate'));
  }
}
