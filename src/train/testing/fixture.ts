/** Reads the golden fixtures that python/ writes, and opens the embedded models, for tests in the browser. */
import { f16ToF32 } from '../../hub/floats';
import { downloadModel } from '../../hub/model';
import { BaseModel } from '../../engine/base';
import type { Device } from '../../engine/device/device';
import { type RunConfig, type TrainConfig, runSchema, trainSchema } from '../../shared/config';
import { Rng } from '../../shared/rng';
import { formerRun, formerTrain } from '../../shared/settings/versions';
import type { TokenBatch } from '../../shared/types';

export interface Fixture {
  model: string;
  method: 'lora' | 'ts-lora';
  rank: number;
  alpha: number;
  modules: { name: string }[];
  settings: Record<string, number | string>;
  batches: { tokens: number; supervised: number }[];
  loss: number;
  train: {
    batch: number[];
    loss: number[];
    learningRate: number[];
    gradNorm: number[];
    rho: (number | null)[];
    tauStep: (number | null)[];
  };
  accum?: { loss: number; settings: Record<string, number | string>; rho?: number; tauStep?: number };
  floats(name: string): Float32Array;
  ints(name: string): Int32Array;
  bytes(name: string): Uint8Array;
  has(name: string): boolean;
}

/** `python/fixtures/<name>.json` and its .bin. */
export async function loadFixture(name: string): Promise<Fixture> {
  const url = `/python/fixtures/${name}`;
  const json = await (await fetch(`${url}.json`)).json();
  const bin = await (await fetch(`${url}.bin`)).arrayBuffer();
  const view = (tensor: string) => {
    const t = json.tensors[tensor] as { dtype: string; shape: number[]; offset: number } | undefined;
    if (!t) throw new Error(`fixture ${name} has no ${tensor}`);
    const length = t.shape.reduce((a, b) => a * b, 1);
    return { t, length };
  };
  return {
    ...json,
    floats: (tensor) => {
      const { t, length } = view(tensor);
      if (t.dtype === 'f16') return f16ToF32(new Uint8Array(bin, t.offset, 2 * length));
      return new Float32Array(bin, t.offset, length);
    },
    ints: (tensor) => {
      const { t, length } = view(tensor);
      return new Int32Array(bin, t.offset, length);
    },
    bytes: (tensor) => {
      const { t, length } = view(tensor);
      return new Uint8Array(bin, t.offset, length);
    },
    has: (tensor) => Object.hasOwn(json.tensors, tensor),
  };
}

/** A fixture's batch as the engine takes it. */
export function fixtureBatch(f: Pick<Fixture, 'ints' | 'floats' | 'has'>, prefix: string): TokenBatch {
  return {
    ids: f.ints(`${prefix}.ids`),
    targets: f.ints(`${prefix}.targets`),
    starts: Uint32Array.from(f.ints(`${prefix}.starts`)),
    ...(f.has(`${prefix}.patches`) && { patches: f.floats(`${prefix}.patches`) }),
  };
}

/** Sequence `s` of a batch alone. */
export function sequence(batch: TokenBatch, s: number): TokenBatch {
  const [from, to] = [batch.starts[s], batch.starts[s + 1]];
  return {
    ids: batch.ids.slice(from, to),
    targets: batch.targets.slice(from, to),
    starts: Uint32Array.of(0, to - from),
  };
}

/** A run as the twin writes it, whose settings have the names of version 1. */
export const fixtureRun = (run: object): RunConfig => runSchema.parse(formerRun(run));

/** The settings of training; those of the gate stand beside them in a fixture. */
export function fixtureTrain(settings: Fixture['settings'], more: Partial<TrainConfig> = {}): TrainConfig {
  const { lambdaBar: _l, tauStep: _s, tauWarmup: _w, ...train } = settings;
  return trainSchema.parse({ ...(formerTrain(train) as object), ...more });
}

/** The run and its settings as the app would be configured for the fixture. */
export function fixtureConfig(f: Fixture, settings = f.settings): { run: RunConfig; train: TrainConfig } {
  const { lambdaBar, tauStep, tauWarmup } = settings;
  return {
    run: fixtureRun({
      id: f.method,
      name: f.method,
      method: f.method,
      rank: f.rank,
      alpha: f.alpha,
      gate: f.method === 'ts-lora' ? { lambdaBar, tauStep, tauWarmup } : {},
    }),
    train: fixtureTrain(settings),
  };
}

/** An embedded model on the GPU. */
export async function openBase(gpu: Device, id: string): Promise<BaseModel> {
  const model = await downloadModel({ kind: 'embedded', id });
  const base = new BaseModel(gpu, model.config, (name) => model.weights.get(name).data);
  model.weights.release();
  return base;
}

/** Sequences of these lengths, of random tokens; four of five tokens are to be predicted. */
export function batchOf(lengths: number[], vocab: number, seed: number): TokenBatch {
  const rng = new Rng(seed);
  const starts = Uint32Array.from([0, ...lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b, 0))]);
  const tokens = Int32Array.from({ length: starts.at(-1)! }, () => Math.floor(rng.uniform(0, vocab)));
  const targets = tokens.map((_, i) => (starts.includes(i + 1) || i % 5 === 0 ? -1 : tokens[i + 1]));
  return { ids: tokens, targets, starts };
}
