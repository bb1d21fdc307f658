/**
 * What the page of commit 2078df5 wrote (testing/2078df5): settings as files and links, and one session of seven runs on
 * the nano model, WebGPU on SwiftShader, fourteen steps: its checkpoint, paused at step 8, the session as it was kept in
 * the browser (record and file), and as one file to take away.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'fflate';
import type { ExperimentConfig, RunConfig } from '../../shared/config';
import { unpack } from '../../shared/pack';
import type { TokenSet } from '../../shared/types';
import { readSlot } from '../checkpoint';
import type { Checkpoint } from '../protocol';

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(import.meta.dirname, '2078df5', name)));
const unzipped = (name: string) => gunzipSync(bytesOf(name)) as Uint8Array<ArrayBuffer>;

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
export async function checkpoint(): Promise<{ checkpoint: Checkpoint; train: TokenSet; heldOut: TokenSet }> {
  const bytes = unzipped('checkpoint.gz');
  const slot = await readSlot({
    getSize: () => bytes.length,
    read: (into) => {
      into.set(bytes);
      return bytes.length;
    },
    write: () => 0,
    truncate: () => undefined,
    flush: () => undefined,
  });
  if (typeof slot === 'string') throw new Error(`the slot is ${slot}`);
  return {
    checkpoint: unpack(slot.payload) as Checkpoint,
    ...(unpack(unzipped('data.gz')) as { train: TokenSet; heldOut: TokenSet }),
  };
}

const GATE: RunConfig['gate'] = {
  rule: 'reconstructed',
  lambdaBar: 0,
  tauStep: 'auto',
  tauWarmup: 'auto',
  rhoPer: 'run',
  eta: 'auto',
  target: null,
  targetPer: 'run',
  prices: 'own',
  pricesEvery: 4,
  keep: 0.5,
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
  loraPlusRatio: 1,
  dropout: 0,
  learningRate: null,
  modules: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'],
  only: null,
  adalora: ADALORA,
} satisfies Partial<RunConfig>;
const gate = (change: Partial<RunConfig['gate']> = {}) => ({ gate: { ...GATE, ...change } });

/** Settings that were written, every value said: no default of today has a part in it. Every method is there. */
const METHOD = { ...RUN, rank: 5, alpha: 7.5, modules: ['k', 'down'] } satisfies Partial<RunConfig>;
export const METHODS_THEN: ExperimentConfig = {
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
    clipNorm: 0.5,
    batchSize: 3,
    accumulation: 5,
    maxTokens: 96,
    evalEvery: 13,
    evalExamples: 21,
    sliceShare: 0.125,
    keepBest: true,
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
      only: ['0.q', '12.gate'],
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
      ...gate({ lambdaBar: -2.5, tauStep: 0.03, tauWarmup: 6, rhoPer: 'module' }),
    },
    {
      ...METHOD,
      id: 'ts-dora',
      name: 'TSD',
      method: 'ts-dora',
      ...gate({ lambdaBar: 4.5, target: 0.6, targetPer: 'module', prices: 'held-out', pricesEvery: 7 }),
    },
  ],
};

const TRAIN: ExperimentConfig['train'] = {
  seed: 1,
  steps: 100,
  learningRate: 3e-3,
  warmupSteps: 10,
  schedule: 'linear',
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  clipNorm: 1,
  batchSize: 4,
  accumulation: 1,
  maxTokens: 64,
  evalEvery: 20,
  evalExamples: 32,
  sliceShare: 0,
  keepBest: false,
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
export const RULES_THEN: ExperimentConfig = {
  train: { ...TRAIN, steps: 40, sliceShare: 0.1 },
  runs: [
    rule('reconstructed', { tauStep: 0.01 }),
    rule('literal', { tauStep: 4e-5, lambdaBar: 0.25 }),
    rule('exact', { eta: 2.5, lambdaBar: 1 }),
    rule('averaged', { prices: 'held-out', pricesEvery: 2 }),
    rule('quantile', { keep: 0.3 }),
    rule('random', { follows: 'exact', keep: 0.7 }),
    rule('oracle', {}),
  ],
};

/** What the session trained with. */
const SMALL = { ...RUN, rank: 1, alpha: 3, only: ['0.q', '3.down'] } satisfies Partial<RunConfig>;
const small = (id: string, method: RunConfig['method']) => ({ ...SMALL, id, name: `${id} run`, method });
export const SESSION_THEN: ExperimentConfig = {
  train: {
    ...TRAIN,
    seed: 7,
    steps: 14,
    learningRate: 0.02,
    warmupSteps: 2,
    schedule: 'cosine',
    weightDecay: 0.01,
    batchSize: 2,
    accumulation: 2,
    maxTokens: 32,
    evalEvery: 4,
    evalExamples: 4,
    sliceShare: 0.2,
    keepBest: true,
  },
  runs: [
    { ...small('lora', 'lora'), rslora: true, loraPlusRatio: 2, dropout: 0.2, learningRate: 0.01, ...gate() },
    { ...small('dora', 'dora'), ...gate() },
    { ...small('adalora', 'adalora'), ...gate(), adalora: { ...ADALORA, initRank: 2, tinit: 2, tfinal: 4 } },
    {
      ...small('averaged', 'ts-lora'),
      ...gate({ rule: 'averaged', lambdaBar: 1, tauWarmup: 1, eta: 0.5, prices: 'held-out', pricesEvery: 2 }),
    },
    {
      ...small('tsdora', 'ts-dora'),
      ...gate({ tauWarmup: 1, rhoPer: 'module', target: 0.4, targetPer: 'module' }),
    },
    { ...small('quantile', 'ts-lora'), ...gate({ rule: 'quantile', keep: 0.4 }) },
    { ...small('random', 'ts-lora'), ...gate({ rule: 'random', follows: 'tsdora' }) },
  ],
};
