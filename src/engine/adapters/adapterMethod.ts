/**
 * The engine's side of a method: what it trains, its update, and how PEFT writes it. Each folder here has one such
 * object. Its name, label and settings are in `shared/methods`; a gate over it needs nothing here.
 */
import type { RunConfig, TrainConfig } from '../../shared/config';
import type { Rng } from '../../shared/rng';
import type { z } from '../../shared/zod';
import type { BufferScope } from '../device/buffers';
import type { Weight } from '../kernels/matmul/weight';
import type { LowRank } from './lowRank';
import type { AdaptedModule } from './method';
import type { ExtraKind, ModuleAdapter, ModuleValues } from './parameters';
import type { Update } from './update';

/** What an update is made from. */
export interface UpdateContext {
  run: RunConfig;
  train: TrainConfig;
  low: LowRank;
  modules: readonly AdaptedModule[];
  /** Owns the tensors that it allocates. */
  scope: BufferScope;
  /** W0 of a module. */
  frozen: (m: AdaptedModule) => Weight;
}

export interface AdapterMethod {
  /** The update's name in `shared/methods`. */
  name: string;
  /** What it trains besides A and B. */
  extra: ExtraKind | null;
  /** Whether Δ depends on y = W0 x. */
  usesBaseOutput: boolean;
  /**
   * Bytes of what it keeps besides parameters, gradients and moments, by name; with what ‖Δ‖ takes where the run is
   * gated.
   */
  sizes(run: RunConfig, modules: readonly AdaptedModule[], rPad: number): Record<string, number>;
  /** Names of those that are part of a run's state. */
  state?: readonly string[];
  /** A module's first values where they are not LoRA's: A Kaiming-uniform with a = √5, the rest zero. */
  start?(rng: Rng, m: Pick<AdaptedModule, 'dIn' | 'dOut'>, rank: number): ModuleValues;
  /** @throws {ConfigError} for settings that it cannot be trained with */
  create(context: UpdateContext): Update;
  /** diag(·) in ΔW = scaling · B diag(·) A, one number for each rank; ones where it is absent. */
  diagonal?(values: ModuleValues): Float32Array;
  /** What becomes of row `output` of W0 + ΔW when the adapter is merged, in place. */
  mergeRow?(row: Float64Array, output: number, values: ModuleValues): void;
  /** Sensitivity of each parameter, laid out as the parameters are, from a run's state. */
  sensitivity?(state: Readonly<Record<string, ArrayBuffer>>): Float32Array;
  peft: PeftFormat;
}

/** The fields of an adapter_config.json. */
type PeftFields = Readonly<Record<string, unknown>>;

/** How PEFT writes an adapter: what differs from method to method. */
export interface PeftFormat {
  /** `peft_type`. */
  type: string;
  /** Fields of the configuration that are read, besides those of every adapter. */
  fields: z.ZodRawShape;
  /** Whether a configuration of its type is of this method; of several that say so, the last in the list is meant. */
  is(config: PeftFields): boolean;
  write(run: RunConfig): PeftFields;
  /** Settings of the run as its schema takes them, from fields that fit `fields`. */
  read(config: PeftFields): Record<string, unknown>;
  /** Behind the names of A and B. */
  suffix: '.weight' | '';
  /** What is written of the modules where that is not all, and what the configuration says of it. */
  pack?(modules: readonly ModuleAdapter[]): { modules: ModuleAdapter[]; config: PeftFields };
  /** The counterpart; null where a module's shapes do not fit. */
  unpack?(module: ModuleAdapter, config: PeftFields, rank: number): ModuleAdapter | null;
}
