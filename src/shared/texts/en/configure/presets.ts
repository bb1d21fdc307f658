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
  waiting: 'once model and data are there',
  help: 'They fit the numbers below to your model, data and device; runs and seed stay.',
  why: 'Why these numbers',
  reason: {
    /** `percent` of the examples fit; `limit`: what forbids more. */
    context: (tokens: number, percent: number, limit: 'model' | 'device' | null, on: Device) =>
      `Context ${tokens}: ${percent} % of the examples fit in whole${limit === 'model' ? `; the model reads no more than ${tokens}` : limit === 'device' ? `; more would take long on ${device[on]}` : ''}.`,
    batch: (batch: number, accumulation: number, tokens: number, typical: number, on: Device) =>
      `Batch ${batch}${accumulation > 1 ? ` × ${accumulation}` : ''}: about ${tokens} tokens a step, as half of the examples have up to ${typical} and training runs on ${device[on]}.`,
    /** `seen`: how often each example is. */
    steps: (steps: number, examples: number, seen: number, capped: boolean, on: Device) =>
      `${steps} steps: each of the ${times(examples, 'example')} is seen ${seen < 0.95 ? `less than once (${Math.round(seen * 100)} %)` : `about ${times(Number(seen.toPrecision(2)), 'time')}`}${capped ? `; no more, as training runs on ${device[on]}` : ''}.`,
    rate: (rate: number, parameters: number, halved: boolean, warmup: number) =>
      `Learning rate ${rate}: usual for LoRA on a model of ${size(parameters)} values${halved ? ', halved as the data are seen several times' : ''}; it warms up over ${times(warmup, 'step')}, a tenth of the run.`,
    rank: {
      quick: (rank: number) => `Rank ${rank}: small, to be quick; alpha twice as much.`,
      balanced: (rank: number) => `Rank ${rank}: the usual one; alpha twice as much.`,
      thorough: (rank: number) => `Rank ${rank}: wider, as there is time to fill it; alpha twice as much.`,
    },
    measured: (examples: number, every: number, all: boolean) =>
      `Measured on ${times(examples, 'held-out example')} every ${times(every, 'step')}${all ? ': all there are' : ''}.`,
    slice:
      'A tenth of the training data is set aside to find each run’s best adapter, so that running on too long does no harm.',
    noSlice: (examples: number) =>
      `With ${times(examples, 'example')} none is set aside to choose the best adapter by.`,
  },
};
