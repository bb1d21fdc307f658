/** Train section: progress, runs, samples. */
import { kindLabel } from '../../settings/names';

export const train = {
  empty: 'The loss curves of every run, its speed and its samples appear here.',
  /** Shown until there is a run of one's own. */
  recorded: {
    title: 'Recorded run',
    what: (runs: string, data: string, device: string) =>
      `${runs} on ${data}${device && `, ${device}`}. It is played back: nothing is computed here.`,
    own: 'Train your own',
    again: 'Play again',
    step: (step: string, steps: string) => `step ${step} of ${steps}`,
  },
  phase: {
    idle: 'Ready',
    loading: 'Loading',
    checking: 'Checking',
    compiling: 'Compiling kernels',
    training: 'Training',
    evaluating: 'Evaluating',
    paused: 'Paused',
    stopped: 'Stopped; the adapters are kept',
    finished: 'Finished',
    failed: 'Failed',
  },
  start: 'Train',
  again: 'Train again',
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop and keep',
  /** Why Train cannot be pressed. */
  missing: {
    experiment: 'An experiment is running; see Experiments.',
    settings: (problem: string) => `Correct this first: ${problem}.`,
    wrongLogits: (error: string, most: string) =>
      `Training is disabled: the model’s logits differ from the reference’s by ${error}; ${most} is allowed. See Model.`,
    wrongGradients: (error: string, most: string) =>
      `Training is disabled: this GPU’s gradients differ from the CPU’s by ${error}; ${most} is allowed. See Model.`,
    waiting: 'Waiting for the model…',
    model: 'Open a model first.',
    data: 'Choose data first.',
    reading: (data: string) => `Waiting for the data (${data})…`,
    wanted: (data: string) =>
      `The data set ${data} is not saved in this browser. Choose its file below, or other data under Data.`,
  },
  data: {
    ofRun: (data: string) => `Data of this run: ${data}.`,
    other: (data: string) => `“Train again” will train on ${data}, which is open under Data.`,
    choose: (n: number): string => (n === 1 ? 'Choose this file' : 'Choose these files'),
    chosen: 'Files of the data set',
  },
  work: {
    label: 'FLOPs of each run',
    caption: 'Adapter FLOPs, counted from the dispatches',
    run: 'Run',
    loss: 'Loss',
    skipped: 'Skipped now',
    savedNow: 'Adapter FLOPs saved now',
    saved: 'so far',
    ofAll: 'of all FLOPs so far',
    tokens: 'Tokens seen',
    failed: 'failed',
    stoppedEarly: (step: number) => `stopped early, step ${step}`,
    notBetter: (step: number, loss: string) => `No improvement since step ${step} (${loss})`,
    noGates: 'no gates',
    help: 'The gate saves FLOPs in the adapter only; the frozen layers run for every token, so a whole step saves much less.',
  },
  dev: {
    label: 'Best checkpoint on the dev split',
    caption: 'Best checkpoint so far, by the loss on the dev split, which no run trains on',
    run: 'Run',
    best: 'Best step',
    loss: 'Dev loss',
    latest: 'Latest',
    at: (loss: string, step: number) => `${loss} at step ${step}`,
    help: 'Every run loads its best checkpoint at the end.',
  },
  shrunk: {
    label: 'Scale after training',
    caption: 'Scale of each adapter after training, by the loss on the dev split',
    run: 'Run',
    scale: 'Scale',
    alpha: 'Alpha',
    before: 'Dev loss at scale 1',
    after: 'Dev loss at this scale',
    help: 'The scale was chosen on this dev split, so its loss there is a little too good; the validation loss is not.',
  },
  skipsAll: {
    title: (run: string, n: number) => `${run}: ${n} ${n === 1 ? 'module skips' : 'modules skip'} every token`,
    help: 'These modules have had no active token for a while. Resetting one sets its threshold τ to 0; the rule continues from there.',
    helpExperiment:
      'These modules have had no active token for a while. Resetting one sets its threshold τ to 0; the rule continues from there. In an experiment τ is not reset, so that its runs can be reproduced.',
    module: (layer: number, kind: string) => `Layer ${layer}, ${kindLabel(kind)}`,
    numbered: (module: number) => `Module ${module}`,
    reason: {
      'no-update': '{module}: its update is still zero, and skipped tokens do not train it. Use more τ warm-up steps.',
      harmful: '{module}: by the last gate gradients, its updates would raise the loss.',
      stuck: '{module}: its threshold is above every update, and skipped tokens do not train it.',
    },
    reset: 'Reset τ',
    resetOne: (module: string, run: string) => `Reset τ in ${module.toLowerCase()} of ${run}`,
  },
  run: {
    changed: (n: number) => `${n} changed`,
    remove: 'Remove',
    removeOne: (run: string) => `Remove ${run}`,
    name: 'Name',
    method: 'Method',
    gated: (method: string) => `${method} (token gates)`,
    /** What a method does, in a sentence. */
    does: {
      lora: 'Trains a pair of small matrices next to each layer; every token gets the update.',
      dora: 'LoRA for the direction of each weight row, with a separate trainable magnitude.',
      adalora: 'LoRA that starts at a higher rank and prunes the directions of the lowest sensitivity.',
      gatera: 'LoRA whose update each token weighs with a trained sigmoid gate: a published rival of the token gates.',
      'ts-lora': 'LoRA with token gates that skip the update for some tokens.',
      'ts-dora': 'DoRA with token gates that skip the update for some tokens.',
    },
  },
  samples: {
    title: 'Samples during training',
    empty: 'A new sample at each evaluation. Every run continues the same prompt with greedy decoding.',
    prompt: 'Prompt',
    after: 'After {prompt}',
    afterExample: 'After {prompt} the validation example continues: {expected}',
    list: 'Samples, latest first',
    before: 'before the first step',
    step: (step: number) => `step ${step}`,
    emptyAnswer: '(empty answer)',
    fromData: 'Prompt: the first validation example',
    none: 'No samples',
    own: (n: number) => `Your ${n === 1 ? 'prompt' : `${n} prompts`}`,
    lines: 'Prompts, one per line',
    atMost: (n: number) => `At most ${n} prompts.`,
    help: 'Used from the next evaluation on, and in later sessions. Each prompt makes every evaluation a little longer.',
    use: 'Use these',
    useData: 'Use a validation example',
    useNone: 'None',
  },
  kernels: {
    title: 'Where the time goes (for developers)',
    help: {
      gpu: 'Times every kernel of one micro-batch, forward and backward, with the GPU’s own clock; no weight is updated. Each kernel is timed alone, so together they take longer than in a step. Browsers may round the clock to 0.1 ms.',
      cpu: 'Times every kernel of one micro-batch, forward and backward, on the CPU; no weight is updated. Browsers may round the clock to 0.1 ms.',
    },
    noClock:
      'This browser does not let pages read the GPU’s clock. In Chrome, enable “WebGPU Developer Features” under chrome://flags.',
    measuring: 'Measuring…',
    measure: 'Measure one step',
    label: 'Time of every kernel',
    caption: ({
      device,
      runs,
      tokens,
      ms,
      rate,
    }: {
      device: string;
      runs: number;
      tokens: string;
      ms: string;
      rate: string;
    }) =>
      `${device}. ${runs === 1 ? 'One run' : `${runs} runs in one pass`}, ${tokens} tokens each: ${ms} ms. Peak rate of Sieve’s matmul: ${rate} GFLOP/s.`,
    kernel: 'Kernel',
    calls: 'Calls',
    share: 'Share',
    ofBest: 'of the peak',
  },
};
