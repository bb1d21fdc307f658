/** Finds the first tensor of a list that holds a NaN or an infinity. */
import type { BufferScope, Tensor } from './device/buffers';
import type { Device } from './device/device';
import { Program } from './device/program';
import { readTensor } from './device/device';
import { findNonFinite } from './kernels/findNonFinite/findNonFinite';
import type { AdapterRun } from './adapterRun';
import { type LayerActivations, flatTensors } from './model/activations';
import { type StageOptions, batchTotals, stackedRows } from './model/batch';
import type { BatchPart } from './microBatches';
import { NO_ROWS, type Passes } from './passes';

const NONE = 0xffffffff;
const STRIDE = 256;

class NonFiniteFinder {
  readonly #device: Device;
  readonly #scope: BufferScope;

  constructor(device: Device) {
    this.#device = device;
    this.#scope = device.buffers.scope('nonFinite');
  }

  /** Label and index of the first bad value, tensors taken in order; null when there is none. */
  async first(tensors: readonly { label: string; tensor: Tensor; length: number }[]): Promise<string | null> {
    const flags = this.#scope.upload('flags', new Uint32Array((tensors.length * STRIDE) / 4).fill(NONE));
    const ops = tensors.map(({ tensor, length }, i) =>
      findNonFinite(this.#device, { x: tensor, length, flag: flags.slice('flag', i * STRIDE, 4) }),
    );
    const program = await new Program(this.#device, this.#scope, 'find non-finite', ops).compile();
    this.#device.submit(program.label, (commands) => program.encode(commands, { rows: 0, supervised: 0, segments: 0 }));
    const values = new Uint32Array(await readTensor(this.#device, flags));
    const bad = tensors.findIndex((_, i) => values[(i * STRIDE) / 4] !== NONE);
    return bad < 0 ? null : `${tensors[bad].label} (value ${values[(bad * STRIDE) / 4]})`;
  }

  free(): void {
    this.#scope.free();
  }
}

/**
 * Sends the parts of a batch through a run as its step did, and names the first tensor that holds a NaN or an infinity,
 * in the order of computation; null when all are finite.
 * @param ofStep the draws of the step, and the dropout masks of its parts
 */
export async function firstNonFinite(
  passes: Passes,
  run: AdapterRun,
  parts: readonly BatchPart[],
  ofStep: StageOptions,
): Promise<string | null> {
  const { dropoutKeys = [] } = ofStep;
  const stack = await passes.stack([run.config.id]);
  const totals = batchTotals(parts.map(({ batch }) => batch));
  await passes.choose(stack, parts, ofStep);
  passes.submit((commands) => stack.begin.encode(commands, NO_ROWS));
  const finder = new NonFiniteFinder(passes.base.device);
  const share = (rows: number) => rows / stackedRows(passes.capacity);
  try {
    const parameters = await finder.first(run.parameterTensors());
    if (parameters) return parameters;
    let tokens = 0;
    for (const [i, part] of parts.entries()) {
      const options = { ...ofStep, after: tokens, dropoutKeys: [dropoutKeys[i]] };
      const [counts] = passes.stage([part], totals, 1, options);
      tokens += part.batch.ids.length;
      passes.submit((commands) => {
        passes.batch.load(commands, 0);
        stack.forward.encode(commands, counts);
        stack.lossGradient.encode(commands, counts);
      });
      // Where layers share their tensors, only what each was given is still there.
      const kept = (act: LayerActivations) => (passes.layout.recompute ? { input: act.input } : act);
      const activations = stack.pass.layers.flatMap((act, l) =>
        flatTensors(kept(act)).map(({ name, tensor }) => ({
          label: `layer ${l}: ${name}`,
          tensor,
          length: Math.round((tensor.size / 4) * share(counts.rows)),
        })),
      );
      const bad = await finder.first([
        ...activations,
        { label: 'loss', tensor: passes.top.loss, length: counts.supervised },
      ]);
      if (bad) return bad;
      passes.submit((commands) => stack.backward.encode(commands, counts));
    }
    passes.submit((commands) => stack.finish.encode(commands, NO_ROWS));
    return await finder.first(run.gradientTensors());
  } finally {
    finder.free();
  }
}
