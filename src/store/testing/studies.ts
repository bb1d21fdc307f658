/** Studies and cells for tests. */
import { type RunConfig, runSchema, trainSchema } from '../../shared/config';
import { type Cell, type Study, cellSchema, studySchema } from '../../shared/study';
import { names } from '../../shared/texts/names';
import { START_DRAFT, type StudyKind, studySettings } from '../studies/presets';

export function aStudy({
  kind = 'compare',
  seeds = [1, 2, 3],
  ...rest
}: Partial<Omit<Study, 'kind'>> & { kind?: StudyKind }): Study {
  const runs: RunConfig[] = (['lora', 'ts-lora'] as const).map((method) =>
    runSchema.parse({ id: method, name: method === 'lora' ? 'LoRA' : 'TS-LoRA', method }),
  );
  return studySchema.parse({
    version: 1,
    id: 'e1',
    createdAt: 1e12,
    state: 'running',
    problem: null,
    model: { kind: 'embedded', id: 'sieve-stories-nano' },
    data: {
      name: 'facts.csv',
      train: 36,
      heldOut: 4,
      tokens: 900,
      template: { prompt: '{prompt}\n', completion: '{completion}' },
      mapping: null,
      kept: true,
    },
    ...studySettings(
      { ...START_DRAFT, kind, methods: ['lora', 'ts-lora'] },
      trainSchema.parse({ steps: 20 }),
      runs,
      names,
    ),
    seeds,
    ...rest,
  });
}

export function aCell(study: Study, seed: number, arm: string, change: Partial<Cell> = {}): Cell {
  return cellSchema.parse({
    study: study.id,
    stage: 'train',
    seed,
    arm,
    name: arm,
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
