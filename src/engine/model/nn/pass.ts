/** What a pass through the model touches. */
import type { ModelDescription } from '../../../shared/model';
import type { AdaptedModule, Method, SavedActivations, Scratch } from '../../adapters/method';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { WholeModules } from '../../adapters/wholeModules';
import type { GradActivations, LayerActivations, TopActivations } from '../activations';
import type { BatchBuffers } from '../batch';
import type { ModelWeights } from '../weights';

/** The method of a run and where its modules keep what the backward needs. */
export interface RunAdapters {
  method: Method;
  modules: AdaptedModule[];
  /** Per adapted module; all the same tensors where no backward follows. */
  saved: SavedActivations[];
  scratch: Scratch;
  /** The modules that it trains whole, and their gradients. */
  whole: { values: WholeModules; grads: WholeModules };
}

export interface Pass {
  device: Device;
  config: ModelDescription;
  weights: ModelWeights;
  /** Of each of the description's `ropes`. */
  ropeTables: Tensor[];
  batch: BatchBuffers;
  /** One per layer; they may share all tensors but `input`, or in inference that one too. */
  layers: LayerActivations[];
  top: TopActivations;
  /** Absent where no backward follows. */
  grads: GradActivations | null;
  /** The runs whose rows are stacked, by segment; null = the base alone. */
  segments: (RunAdapters | null)[];
  /** Keys and values of earlier tokens, per layer, when decoding. */
  cache: { k: Tensor; v: Tensor }[] | null;
  /** [stacked rows, dOut]: scratch for what W0ᵀ is given, where a run of the pass goes through the base. */
  frozenGradient?: Tensor;
  /** Whether gates count their statistics. */
  record: boolean;
  /** The pass only fills the methods' `wholeBatch`. */
  choosing?: boolean;
  /** Layers share their activations, so the backward recomputes each layer's. */
  recompute: boolean;
}

/** A module that some of the stacked runs adapt, with the segment of each of them. */
export function adaptersOf(
  pass: Pick<Pass, 'segments'>,
  path: string,
): { segment: number; module: AdaptedModule; adapters: RunAdapters }[] {
  return pass.segments.flatMap((adapters, segment) => {
    const module = adapters?.modules.find((m) => m.path === path);
    return adapters && module ? [{ segment, module, adapters }] : [];
  });
}

export const isAdapted = (pass: Pick<Pass, 'segments'>, { path }: { path: string }): boolean =>
  adaptersOf(pass, path).length > 0;
