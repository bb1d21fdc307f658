/**
 * What the page of commit 2078df5 wrote (testing/2078df5): settings as files and links, and one session of seven runs
 * on the nano model, WebGPU on SwiftShader, fourteen steps: its checkpoint, paused at step 8, the session as it was
 * kept in the browser (record and file), and as one file to take away. And what commit c83a663 wrote, the last of
 * version 1 (testing/c83a663): one session of four runs on the CPU engine, thirty steps, paused at step 26, with a dev
 * split and a gate that skips everything; and an experiment with a grid.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'fflate';
import type { SessionConfig, RunConfig } from '../../shared/config';
import { unpack } from '../../shared/pack';
import type { TokenSet } from '../../shared/types';
import { checkSlot, readPayload } from '../checkpoint';
import { tokenSetsOf } from '../keep';
import type { Checkpoint } from '../protocol';

const bytesOf = (name: string, commit = '2078df5') =>
  new Uint8Array(readFileSync(join(import.meta.dirname, commit, name)));
const unzipped = (name: string, commit?: string) => gunzipSync(bytesOf(name, commit)) as Uint8Array<ArrayBuffer>;

export const settings = () =>
  JSON.parse(new TextDecoder().decode(bytesOf('settings.json'))) as Record<
    'methods' | 'rules',
    { file: string; link: string }
  >;
/** The records of the database, and the file that the only one is about. */
export const records = () => JSON.parse(new TextDecoder().decode(bytesOf('kept.json'))) as unknown[];
export const keptFile = () => new Blob([bytesOf('kept.zip')]);
export const exportedFile = () => new Blob([unzipped('run.zip.gz')]);

/** The checkpoint, through the reader of its slot, and the token sets that go with it. */
export function checkpoint(): { checkpoint: Checkpoint; train: TokenSet; validation: TokenSet } {
  const bytes = unzipped('checkpoint.gz');
  const slot = {
    getSize: () => bytes.length,
    read: (into: Uint8Array, { at }: { at: number }) => {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      return part.length;
    },
    write: () => 0,
    truncate: () => undefined,
    flush: () => undefined,
  };
  const stored = checkSlot(slot);
  if (typeof stored === 'string') throw new Error(`the slot is ${stored}`);
  return {
    checkpoint: unpack(readPayload(slot, stored.bytes)) as Checkpoint,
    ...tokenSetsOf(unzipped('data.gz')),
  };
}

const LAST = 'c83a663';
const lastJson = (name: string): unknown => JSON.parse(new TextDecoder().decode(bytesOf(name, LAST)));

/** What the last commit of version 1 wrote. */
export const last = {
  settings: () => lastJson('settings.json') as { file: string; link: string },
  exportedFile: () => new Blob([unzipped('run.zip.gz', LAST)]),
  checkpoint: () => unpack(unzipped('checkpoint.gz', LAST)) as Checkpoint,
  tokenSets: () => tokenSetsOf(unzipped('data.gz', LAST)),
  /** The records of the database. */
  experiment: () => lastJson('experiment.json') as { study: object; cells: object[] },
};

const GATE: RunConfig['gate'] = {
  rule: 'reconstructed',
  sparsityPenalty: 0,
  tauLearningRate: 'auto',
  tauWarmup: 'auto',
  rhoPer: 'run',
  eta: 'auto',
  targetSparsity: null,
  targetPer: 'run',
  gradientFrom: 'train',
  gradientInterval: 4,
  activeShare: 0.5,
  gateStart: 0.5,
  follows: null,
};
const ADALORA: RunConfig['adalora'] = {
  initRank: 12,
  tinit: 'auto',
  tfinal: 'auto',
  deltaT: 1,
  beta1: 0.85,
  beta2: 0.85,
  orthRegWeight: 0.5,
};
const RUN = {
  rank: 8,
  alpha: 16,
  rslora: false,
  shrink: false,
  tokenDropout: 0,
  gatera: { entropyWeight: 0.01 },
  loraPlusRatio: 1,
  dropout: 0,
  learningRate: null,
  modules: ['all-linear'],
  only: null,
  adalora: ADALORA,
} satisfies Partial<RunConfig>;
const gate = (change: Partial<RunConfig['gate']> = {}) => ({ gate: { ...GATE, ...change } });

/** Settings that were written, every value said: no default of today has a part in it. Every method is there. */
const METHOD = { ...RUN, rank: 5, alpha: 7.5, modules: ['k_proj', 'down_proj'] } satisfies Partial<RunConfig>;
export const METHODS_THEN: SessionConfig = {
  train: {
    seed: 4294967295,
    steps: 500,
    learningRate: 1.25e-4,
    warmupSteps: 17,
    schedule: 'constant',
    beta1: 0.8,
    beta2: 0.95,
    epsilon: 1e-6,
    weightDecay: 0.25,
    maxGradientNorm: 0.5,
    batchSize: 3,
    gradientAccumulationSteps: 5,
    maxSequenceLength: 96,
    taskType: 'CAUSAL_LM',
    evalInterval: 13,
    evalExamples: 21,
    devShare: 0.125,
    loadBestCheckpoint: true,
    patience: 4,
  },
  runs: [
    {
      ...METHOD,
      id: 'lora',
      name: 'L “ö”',
      method: 'lora',
      rslora: true,
      loraPlusRatio: 16,
      dropout: 0.1,
      learningRate: 5e-5,
      only: ['0.q_proj', '12.gate_proj'],
      ...gate(),
    },
    { ...METHOD, id: 'dora', name: 'D', method: 'dora', ...gate() },
    {
      ...METHOD,
      id: 'adalora',
      name: 'A',
      method: 'adalora',
      ...gate(),
      adalora: { initRank: 9, tinit: 11, tfinal: 22, deltaT: 3, beta1: 0.5, beta2: 0.6, orthRegWeight: 0.75 },
    },
    {
      ...METHOD,
      id: 'ts-lora',
      name: 'TS',
      method: 'ts-lora',
      ...gate({ sparsityPenalty: -2.5, tauLearningRate: 0.03, tauWarmup: 6, rhoPer: 'module' }),
    },
    {
      ...METHOD,
      id: 'ts-dora',
      name: 'TSD',
      method: 'ts-dora',
      ...gate({
        sparsityPenalty: 4.5,
        targetSparsity: 0.6,
        targetPer: 'module',
        gradientFrom: 'dev',
        gradientInterval: 7,
      }),
    },
  ],
};

const TRAIN: SessionConfig['train'] = {
  seed: 1,
  steps: 100,
  learningRate: 3e-3,
  warmupSteps: 10,
  schedule: 'linear',
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradientNorm: 1,
  batchSize: 4,
  gradientAccumulationSteps: 1,
  maxSequenceLength: 64,
  taskType: 'CAUSAL_LM',
  evalInterval: 20,
  evalExamples: 32,
  devShare: 0,
  loadBestCheckpoint: false,
  patience: null,
};
const rule = (name: RunConfig['gate']['rule'], change: Partial<RunConfig['gate']>): RunConfig => ({
  ...RUN,
  id: name,
  name,
  method: 'ts-lora',
  ...gate({ rule: name, ...change }),
});
/** The same for every gate rule there was. */
export const RULES_THEN: SessionConfig = {
  train: { ...TRAIN, steps: 40, devShare: 0.1 },
  runs: [
    rule('reconstructed', { tauLearningRate: 0.01 }),
    rule('literal', { tauLearningRate: 4e-5, sparsityPenalty: 0.25 }),
    rule('exact', { eta: 2.5, sparsityPenalty: 1 }),
    rule('averaged', { gradientFrom: 'dev', gradientInterval: 2 }),
    rule('quantile', { activeShare: 0.3 }),
    rule('random', { follows: 'exact', activeShare: 0.7 }),
    rule('oracle', {}),
  ],
};

/** What the session trained with. */
const SMALL = { ...RUN, rank: 1, alpha: 3, only: ['0.q_proj', '3.down_proj'] } satisfies Partial<RunConfig>;
const small = (id: string, method: RunConfig['method']) => ({ ...SMALL, id, name: `${id} run`, method });
export const SESSION_THEN: SessionConfig = {
  train: {
    ...TRAIN,
    seed: 7,
    steps: 14,
    learningRate: 0.02,
    warmupSteps: 2,
    schedule: 'cosine',
    weightDecay: 0.01,
    batchSize: 2,
    gradientAccumulationSteps: 2,
    maxSequenceLength: 32,
    evalInterval: 4,
    evalExamples: 4,
    devShare: 0.2,
    loadBestCheckpoint: true,
  },
  runs: [
    { ...small('lora', 'lora'), rslora: true, loraPlusRatio: 2, dropout: 0.2, learningRate: 0.01, ...gate() },
    { ...small('dora', 'dora'), ...gate() },
    { ...small('adalora', 'adalora'), ...gate(), adalora: { ...ADALORA, initRank: 2, tinit: 2, tfinal: 4 } },
    {
      ...small('averaged', 'ts-lora'),
      ...gate({
        rule: 'averaged',
        sparsityPenalty: 1,
        tauWarmup: 1,
        eta: 0.5,
        gradientFrom: 'dev',
        gradientInterval: 2,
      }),
    },
    {
      ...small('tsdora', 'ts-dora'),
      ...gate({ tauWarmup: 1, rhoPer: 'module', targetSparsity: 0.4, targetPer: 'module' }),
    },
    { ...small('quantile', 'ts-lora'), ...gate({ rule: 'quantile', activeShare: 0.4 }) },
    { ...small('random', 'ts-lora'), ...gate({ rule: 'random', follows: 'tsdora' }) },
  ],
};

/** What the session of the last commit trained with. */
export const LAST_SESSION: SessionConfig = {
  train: {
    ...TRAIN,
    seed: 7,
    steps: 30,
    learningRate: 0.02,
    warmupSteps: 2,
    beta1: 0,
    maxGradientNorm: 0.5,
    batchSize: 1,
    gradientAccumulationSteps: 2,
    maxSequenceLength: 32,
    evalInterval: 10,
    evalExamples: 3,
    devShare: 0.25,
    loadBestCheckpoint: true,
    patience: 9,
  },
  runs: [
    { ...SMALL, id: 'lora', name: 'LoRA', method: 'lora', ...gate() },
    {
      ...SMALL,
      id: 'dev',
      name: 'μ of the dev split',
      method: 'ts-lora',
      ...gate({
        gradientFrom: 'dev',
        gradientInterval: 2,
        targetSparsity: 0.4,
        targetPer: 'module',
        tauWarmup: 1,
        rhoPer: 'module',
      }),
    },
    {
      ...SMALL,
      id: 'shut',
      name: 'shut',
      method: 'ts-lora',
      ...gate({ tauLearningRate: 1, tauWarmup: 2, sparsityPenalty: 100 }),
    },
    { ...SMALL, id: 'quantile', name: 'quantile', method: 'ts-lora', ...gate({ rule: 'quantile', activeShare: 0.3 }) },
  ],
};
