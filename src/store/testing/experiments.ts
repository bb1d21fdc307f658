/** Experiments and cells for tests. */
import { type RunConfig, runSchema, trainSchema } from '../../shared/config';
import { type Cell, type Experiment, cellSchema, experimentSchema } from '../../shared/experiment';
import { names } from '../../shared/texts/names';
import { START_DRAFT, type ExperimentKind, experimentSettings } from '../experiments/presets';

export function anExperiment({
  kind = 'compare',
  seeds = [1, 2, 3],
  ...rest
}: Partial<Omit<Experiment, 'kind'>> & { kind?: ExperimentKind }): Experiment {
  const runs: RunConfig[] = (['lora', 'ts-lora'] as const).map((method) =>
    runSchema.parse({ id: method, name: method === 'lora' ? 'LoRA' : 'TS-LoRA', method }),
  );
  return experimentSchema.parse({
    version: 2,
    id: 'e1',
    createdAt: 1e12,
    state: 'running',
    problem: null,
    model: { kind: 'embedded', id: 'sieve-stories-nano' },
    data: {
      name: 'facts.csv',
      train: 36,
      validation: 4,
      tokens: 900,
      template: { prompt: '{prompt}\n', completion: '{completion}' },
      mapping: null,
      kept: true,
    },
    ...experimentSettings(
      { ...START_DRAFT, kind, methods: ['lora', 'ts-lora'] },
      trainSchema.parse({ steps: 20 }),
      runs,
      names,
    ),
    seeds,
    // A name that is given is nobody's to say otherwise.
    ...(rest.name !== undefined && { title: null }),
    ...rest,
  });
}

export function aCell(experiment: Experiment, seed: number, variant: string, change: Partial<Cell> = {}): Cell {
  return cellSchema.parse({
    experiment: experiment.id,
    stage: 'train',
    seed,
    variant,
    name: variant,
    failed: null,
    finishedAt: 1e12,
    ms: 1000,
    parameters: 100,
    base: 5,
    loss: 4,
    evals: [{ step: 20, loss: 4 }],
    curve: [{ step: 1, loss: 5 }],
    skipped: null,
    accuracy: null,
    noise: [],
    classes: [],
    only: null,
    modules: null,
    ...change,
  });
}
