/** Three ways to begin, and where their numbers came from. */
type Device = 'gpu' | 'software' | 'cpu';
const device = { gpu: 'a GPU', software: 'a software adapter, which is slow', cpu: 'the CPU' };
const times = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
const size = (parameters: number) =>
  parameters >= 1e6
    ? `${Number((parameters / 1e6).toPrecision(2))} million`
    : `${Math.round(parameters / 1e3)} thousand`;

export const preset = {
  legend: 'Start from',
  title: { quick: 'Quick look', balanced: 'Balanced', thorough: 'Thorough' },
  text: { quick: 'Does it learn at all?', balanced: 'A fair first run.', thorough: 'As good as it gets here.' },
  numbers: (steps: string, rank: number, time: string | null) =>
    `${steps} steps, rank ${rank}${time ? `, ${time}` : ''}`,
  waiting: 'once a model and data are loaded',
  help: 'They fit the settings below to your model, data and device. Runs and seed stay.',
  why: 'Why these numbers',
};

/** Why its numbers are what they are. */
export const presetReason = {
  /** `percent` of the examples fit; `limit`: what forbids more. */
  context: ({
    tokens,
    percent,
    limit,
    on,
  }: {
    tokens: number;
    percent: number;
    limit: 'model' | 'device' | null;
    on: Device;
  }) =>
    `Max sequence length ${tokens}: ${percent} % of the examples fit untruncated${limit === 'model' ? `; the model’s context is ${tokens}` : limit === 'device' ? `; more would take long on ${device[on]}` : ''}.`,
  batch: ({
    batch,
    gradientAccumulationSteps,
    tokens,
    typical,
    on,
  }: {
    batch: number;
    gradientAccumulationSteps: number;
    tokens: number;
    typical: number;
    on: Device;
  }) =>
    `Effective batch size ${batch * gradientAccumulationSteps}${gradientAccumulationSteps > 1 ? ` (${batch} × ${gradientAccumulationSteps} accumulation steps)` : ''}: about ${tokens} tokens a step, as half of the examples have up to ${typical} and training runs on ${device[on]}.`,
  /** `seen`: how often each example is. */
  steps: ({
    steps,
    examples,
    seen,
    capped,
    on,
  }: {
    steps: number;
    examples: number;
    seen: number;
    capped: boolean;
    on: Device;
  }) =>
    `${steps} steps: each of the ${times(examples, 'example')} is seen ${seen < 0.95 ? `less than once (${Math.round(seen * 100)} %)` : `about ${times(Number(seen.toPrecision(2)), 'time')}`}${capped ? `; no more, as training runs on ${device[on]}` : ''}.`,
  rate: ({ rate, parameters, halved, warmup }: { rate: number; parameters: number; halved: boolean; warmup: number }) =>
    `Learning rate ${rate}: usual for LoRA on a model of ${size(parameters)} parameters${halved ? ', halved as the data is seen several times' : ''}; it warms up over ${times(warmup, 'step')}, a tenth of the run.`,
  rank: {
    quick: ({ rank }: { rank: number }) => `Rank ${rank}: small, to be quick; alpha twice as much.`,
    balanced: ({ rank }: { rank: number }) => `Rank ${rank}: the usual one; alpha twice as much.`,
    thorough: ({ rank }: { rank: number }) => `Rank ${rank}: wider, as there is time to fill it; alpha twice as much.`,
  },
  measured: ({ examples, every, all }: { examples: number; every: number; all: boolean }) =>
    `Evaluated on ${times(examples, 'validation example')} every ${times(every, 'step')}${all ? ': all there are' : ''}.`,
  dev: '10 % of the train split becomes the dev split, which finds each run’s best checkpoint, so that training too long does no harm.',
  noDev: ({ examples }: { examples: number }) =>
    `With ${times(examples, 'example')} there is no dev split to choose the best checkpoint by.`,
};
