/** What train/ has to say: errors, warnings on the way, and how far long work is. */
import { kindLabel } from '../../../settings/names';
const AGAIN = 'Export the adapter again.';
const OWN_MODEL = 'Open the model that the adapter was trained on.';

/** A step that could not be computed. */
interface NotFinite {
  step: number;
  /** The number that is not finite. */
  what: 'loss' | 'gradient';
  value: number;
  /** The first tensor that is bad; null where all were finite when the step was repeated. */
  tensor: string | null;
}

export const train = {
  progress: {
    tuning: 'choosing the fastest way to multiply on this GPU',
    comparing: 'comparing logits with the reference',
    gradients: 'comparing the GPU’s gradients with the CPU’s',
    classifying: 'classifying validation examples',
  },
  /** Where our logits and the reference's first differ; `token` counts from 1. */
  difference: ({
    token,
    piece,
    entry,
    here,
    there,
  }: {
    token: number;
    piece: string;
    entry: number;
    here: number;
    there: number;
  }) => `token ${token} ("${piece}"), vocabulary entry ${entry}: ${here} here, ${there} in the reference`,
  otherToken: ({ token, piece, here, there }: { token: number; piece: string; here: number; there: number }) =>
    `after token ${token} ("${piece}") the greedy token is ${here} here, and ${there} in the reference`,

  /** Why a GPU's gradients were not compared. */
  noRoomToCheck: 'there was no room for a second copy of the model',

  handOver: {
    pictures: {
      message: 'A session of a model that reads pictures goes on in Sieve only.',
      hint: 'Export its adapters: PEFT reads them.',
    },
  },
  evaluate: {
    classes: {
      message: 'The adapter’s head does not know the classes of these examples.',
      hint: 'Give examples whose labels are the classes that it was trained on.',
    },
  },

  /** Signs of trouble of a run, after its name. */
  warning: {
    otherBase: ({ name, was, now }: { name: string; was: string; now: string }) =>
      `the imported adapter “${name}” was trained on ${was}. The model that is open (${now}) has other values, so the adapter may do worse on it.`,
    diverging: ({ loss, start }: { loss: string; start: string }) =>
      `this run is diverging: its training loss has risen to ${loss}, above the ${start} it began with. Its updates are too large. A smaller learning rate, or a longer warm-up, usually cures that.`,
    skippedStep: ({ step, what, value, tensor }: NotFinite) =>
      `step ${step} was skipped: ${what === 'loss' ? `its loss is ${value}` : `its gradient norm is ${value}`}. ${tensor === null ? 'Every tensor was finite when the step was repeated.' : `The first bad tensor is ${tensor}.`} The adapter is as it was before.`,
    wentBack: ({ step, rate }: { step: number; rate: number }) =>
      `three steps in a row could not be computed, so it went back to its adapter of step ${step} and continues at ${rate} of the learning rate.`,
    /** How training is laid out from this step on. */
    thriftier: ({ step, split, runs, recompute }: { step: number; split: number; runs: number; recompute: boolean }) =>
      `memory ran out in step ${step}; it was repeated in less: ${[
        runs === 1 ? 'one run in a pass' : `${runs} runs in a pass`,
        ...(recompute ? ['activations recomputed in the backward pass'] : []),
        ...(split > 1 ? [`each batch in ${split} micro-batches, whose gradients are added up`] : []),
      ].join(
        ', ',
      )}. The batch size is the same${split > 1 ? '; only the last bits of the results may differ' : ', and so are the results'}.`,
    /** @param why the compiler's words; null where it computes wrongly */
    blocked: ({ name, why }: { name: string; why: string | null }) =>
      `the kernel variant "${name}" ${why === null ? 'computes wrongly on this GPU' : `does not compile on this GPU (${why})`}, so a plain one takes its place: slower, and right.`,
    skippedSteps: ({ skipped, steps }: { skipped: number; steps: number }) =>
      `${skipped} of its ${steps} steps were skipped, since their loss or gradient was not finite.`,
    module: ({ layer, kind }: { layer: number; kind: string }) => `layer ${layer} ${kindLabel(kind)}`,
    /** @param why what makes the modules skip everything; see `SkipsAllReason` */
    skipsAll: ({
      names,
      steps,
      why,
    }: {
      names: readonly string[];
      steps: number;
      why: 'no-update' | 'harmful' | 'stuck';
    }) =>
      `${names.join(', ')}: every token skipped for ${steps} steps; ${
        {
          'no-update':
            'B is still zero there, so every r is 0 and below the threshold, and skipped tokens give no gradient',
          harmful: 'by the last gate gradients its updates would raise the loss',
          stuck: 'the threshold is above every r, and skipped tokens give no gradient',
        }[why]
      }. ${names.length > 1 ? 'Their thresholds' : 'Its threshold'} can be reset.`,
    allShut: ({ steps }: { steps: number }) =>
      `every gate has skipped every token for ${steps} steps, so nothing is learned. A smaller τ learning rate, or a negative sparsity penalty, changes that.`,
    allShutAtZero: ({ steps }: { steps: number }) =>
      `every gate has skipped every token for ${steps} steps, so nothing is learned. B is still zero there, so every r is 0 and below the threshold, and skipped tokens give no gradient: use as many τ warm-up steps as the learning rate has.`,
    allOpen: ({ steps }: { steps: number }) =>
      `no token has been skipped for ${steps} steps since the thresholds began to move: so far this run is plain LoRA. A larger τ learning rate, or a sparsity penalty, changes that.`,
    neverMoved: ({ rest, steps }: { rest: number; steps: number }) =>
      `its thresholds never moved: τ warm-up takes ${rest} steps, and the run had ${steps}. No token was skipped, so it equals the same method without gates (TS-LoRA equals LoRA). A longer run, or a shorter τ warm-up, changes that.`,
    neverSkipped: ({ steps }: { steps: number }) =>
      `no token was skipped in ${steps} steps, so it equals the same method without gates (TS-LoRA equals LoRA). A larger τ learning rate, or a sparsity penalty, changes that.`,
    noSamples: 'There is too little memory for samples during this training, so there will be none.',
    noAccuracy:
      'There is too little memory to classify validation examples beside this training, so there will be no accuracy.',
  },
  session: {
    context: ({ tokens, most }: { tokens: number; most: number }) => ({
      message: `The max sequence length of ${tokens} tokens is above this model's ${most}.`,
      hint: 'Choose a shorter one.',
    }),
    refused: ({ error, first }: { error: string; first: string }) => ({
      message: `Training is refused: this model's logits differ from the reference's by ${error} of the largest, first at ${first}.`,
      hint: 'Sieve cannot compute this model rightly here; choose another, or another device under Model.',
    }),
    wrongGradients: ({ error, tensor }: { error: string; tensor: string }) => ({
      message: `Training is refused: this GPU’s gradients differ from the CPU’s by ${error} of the largest, most in ${tensor}.`,
      hint: 'The GPU or its driver computes wrongly. Choose the CPU under Model.',
    }),
    notFinite: ({ step, what, value, tensor }: NotFinite) => ({
      message: `Step ${step}: ${what === 'loss' ? `the loss is ${value}` : `the gradient norm is ${value}`}: the numbers grew until they could no longer be computed with. ${tensor === null ? 'Every tensor was finite when the step was repeated.' : `The first bad tensor is ${tensor}.`}`,
      hint: 'The run went back twice at half the learning rate, and it happened again. Choose a smaller learning rate or a longer warm-up. The adapter from before this step is saved.',
    }),
    noModule: ({ module, run }: { module: number; run: string }) => ({
      message: `There is no module ${module} of a run "${run}".`,
      hint: 'Choose a module of a run that is trained.',
    }),
    allFailed: { message: 'All runs have failed, so there is no step to time.', hint: 'Train again first.' },
    devOfOne: {
      message: 'A dev split is to be kept aside, but the train split has only one example.',
      hint: 'Load more data, or set the dev split to 0.',
    },
    foreign: ({ id, vocab }: { id: number; vocab: number }) => ({
      message: `The data holds the token id ${id}, but the model has ${vocab} tokens.`,
      hint: "The tokens are another model's: prepare the data again with this model.",
    }),
    otherPictures: {
      message: 'The data and the model differ in what they read: texts, or pictures of another size.',
      hint: 'Prepare the data again with this model.',
    },
    unlabelled: {
      message:
        'This model tells classes apart, or is to be trained to (task type SEQ_CLS), but the data has no labels for it.',
      hint: 'Choose the task “text classification” under Data, with a column of labels.',
    },
    noClasses: {
      message: 'The data was prepared for a class head; the open model is to be trained to write text.',
      hint: 'Prepare the data again with this model, or set the task type to SEQ_CLS.',
    },
    empty: { message: 'There must be at least one train example and one validation example.', hint: 'Load more data.' },
    noDev: { message: 'There is no dev split.', hint: 'Set the dev split above 0.' },
    manyPrompts: ({ most }: { most: number }) => ({
      message: `At most ${most} prompts are sampled.`,
      hint: 'Remove some.',
    }),
    longPrompt: ({ tokens, most }: { tokens: number; most: number }) => ({
      message: `A prompt to sample has ${tokens} tokens; this model takes 1 to ${most}.`,
      hint: 'Shorten it.',
    }),
  },
  studio: {
    gpuLost: ({ reason }: { reason: string }) => ({
      message: `The GPU was lost (${reason}).`,
      hint: 'Open the model again, or compute on the CPU. Choose a smaller batch if it happens once more.',
    }),
    noModel: { message: 'No model is open.', hint: 'Open a model first.' },
    noSession: { message: 'There is no run.', hint: 'Press Train first.' },
    noRun: ({ run }: { run: string }) => ({ message: `There is no run "${run}".`, hint: 'Train or import one first.' }),
    noText: {
      message: 'What was trained tells classes apart; it writes no text.',
      hint: 'For prompts and samples, train a model that writes text, with the task type CAUSAL_LM.',
    },
    base: { message: 'The base model has no adapter to export.', hint: 'Choose a run.' },
    otherCheck: { message: 'check.json does not fit this model.', hint: OWN_MODEL },
    otherLogits: ({ error, allowed, model }: { error: string; allowed: number; model: string }) => ({
      message: `With this adapter the open model gives other logits than when it was exported (off by ${error}, allowed ${allowed}).`,
      hint: `It was trained on ${model}; open that model.`,
    }),
  },
  dataWorker: {
    noExamples: { message: 'There are no examples yet.', hint: 'Prepare the data first.' },
    noData: { message: 'There is no data yet.', hint: 'Choose a file or a sample set first.' },
    noTokenizer: { message: 'There is no tokenizer yet.', hint: 'Open a model first: its tokenizer cuts the text.' },
  },
  sieve: {
    going: { message: 'A session is training: its adapters still change.', hint: 'Wait for its end, or stop it.' },
    none: 'No adapter is prepared to skip updates.',
    method: ({ run }: { run: string }) => ({
      message: `${run} cannot be given gates afterwards.`,
      hint: 'This is for LoRA and DoRA without gates.',
    }),
  },
  attribution: {
    method: ({ run }: { run: string }) => ({
      message: `The updates of ${run} cannot be attributed.`,
      hint: 'This is for LoRA, and for TS-LoRA whose rule learns thresholds, is late or goes by sign.',
    }),
    noTargets: {
      message: 'No token of this text has a known target, so it has no loss.',
      hint: 'Take a validation example.',
    },
  },
  export: {
    onnxBase: ({ file }: { file: string }) => ({
      message: `The base was opened from ${file}; an ONNX export is made of the base's own ONNX file.`,
      hint: 'Open the ONNX file of the model under Model and train on that.',
    }),
    onnx: ({ what }: { what: string }) => ({
      message: `The base's ONNX file cannot take this adapter: ${what}.`,
      hint: 'Export it as PEFT or, without gates, as safetensors.',
    }),
    onnxHas: {
      branches: 'it holds two graphs in one',
      opset: ({ opset, least }: { opset: number; least: number }) =>
        `its operators are of version ${opset}, and version ${least} is needed`,
      product: ({ path }: { path: string }) => `the place of ${path} in its graph is not clear`,
      size: ({ bytes }: { bytes: number }) => `it would have ${bytes} bytes, and 2 GiB is the most for such a file`,
    },
    ggufGates: ({ run }: { run: string }) => ({
      message: `"${run}" cannot be a GGUF adapter: llama.cpp applies an adapter to every token, and its gates skip some.`,
      hint: 'Export it as ONNX with its gates, or as a PEFT adapter.',
    }),
    onnxClasses: {
      message: 'The base’s ONNX file has no place for a class head that was trained.',
      hint: 'Export the PEFT adapter or, without gates, the merged model.',
    },
    ggufClasses: {
      message: 'llama.cpp has no adapters for models that tell classes apart.',
      hint: 'Export the merged model, or the PEFT adapter.',
    },
    ggufMethod: ({ run, method }: { run: string; method: string }) => ({
      message: `"${run}" cannot be a GGUF adapter: llama.cpp knows the update of LoRA, not that of ${method}.`,
      hint: 'Export the merged model, which llama.cpp can convert.',
    }),
    ggufFamily: ({ family }: { family: string }) => ({
      message: `Sieve does not know how llama.cpp names the parts of such a model (${family}).`,
      hint: 'Export the merged model, which llama.cpp may convert.',
    }),
    beyondHalf: ({ tensor }: { tensor: string }) => ({
      message: `${tensor} has values that f16 has no room for.`,
      hint: 'Export it in bf16 or f32.',
    }),
  },
  adapter: {
    randomGate: {
      message: 'A random gate draws other tokens each time, so there is no threshold to export.',
      hint: 'Export another run.',
    },
    merge: ({ run }: { run: string }) => ({
      message: `"${run}" cannot be merged into the base model: its gates decide token by token how much of the update is applied.`,
      hint: 'Export the adapter, or train LoRA, DoRA or AdaLoRA.',
    }),
    noJson: ({ file, why }: { file: string; why: string }) => ({ message: `${file} is not JSON: ${why}`, hint: AGAIN }),
    wrong: ({ file, path, problem }: { file: string; path: string; problem: string }) => ({
      message: `${file}: ${path || 'content'}: ${problem}`,
      hint: 'Sieve opens LoRA, DoRA and AdaLoRA adapters of PEFT, and TS_LORA and TS_DORA of its own package.',
    }),
    /** Words that follow a field's name. */
    perModule: { ranks: 'ranks per module are not supported', alphas: 'alphas per module are not supported' },
    large: { message: 'A file of this adapter is larger than 256 MiB.', hint: 'Choose a smaller adapter.' },
    notPeft: {
      message: 'This is not a PEFT adapter: adapter_config.json or adapter_model.safetensors is missing.',
      hint: 'Choose a zip that Sieve or PEFT wrote.',
    },
    gatedAdalora: { message: 'A gated AdaLoRA adapter: Sieve gates LoRA and DoRA only.', hint: AGAIN },
    gateType: ({ type, is }: { type: string; is: string }) => ({
      message: `The adapter calls itself ${type}, but its update is that of ${is}.`,
      hint: AGAIN,
    }),
    badThreshold: ({ path }: { path: string }) => ({
      message: `The threshold of ${path} is not a number from 0 up.`,
      hint: AGAIN,
    }),
    scaling: { message: 'ts_peft.json and adapter_config.json disagree about the scaling of the update.', hint: AGAIN },
    noTensor: ({ name }: { name: string }) => ({
      message: `The adapter has no ${name}.`,
      hint: 'It belongs to a model of another size; open that model first.',
    }),
    otherStart: ({ start }: { start: string }) => ({
      message: `The adapter began with "${start}" (init_lora_weights), which changes the frozen weights as well: on the plain model it is another adapter.`,
      hint: 'In PEFT, save it with path_initial_model_for_weight_conversion, which makes it a plain LoRA.',
    }),
    otherField: ({ field, tensors }: { field: string; tensors: string }) => ({
      message: `The adapter asks for ${field}, which Sieve does not read${tensors ? `; it holds ${tensors}` : ''}.`,
      hint: `Train it without ${field}, or merge that part into the model.`,
    }),
    rankPattern: ({ path }: { path: string }) => ({
      message: `rank_pattern of ${path} does not fit its tensors.`,
      hint: AGAIN,
    }),
    noThreshold: ({ path }: { path: string }) => ({
      message: `ts_peft.json has no threshold for ${path}.`,
      hint: AGAIN,
    }),
    classes: ({ n }: { n: number }) => ({
      message: `The adapter's head has ${n} classes; Sieve opens heads of 2 to 1000.`,
      hint: OWN_MODEL,
    }),
    tensors: ({ n, expected }: { n: number; expected: number }) => ({
      message: `The adapter has ${n} tensors; this model and its settings use ${expected}.`,
      hint: OWN_MODEL,
    }),
    target: ({ name }: { name: string }) => ({
      message: `The adapter changes "${name}", which Sieve does not train in this model.`,
      hint: `Sieve trains the q, k, v, o, gate, up and down projections. ${OWN_MODEL}`,
    }),
  },
  chatTemplate: {
    slow: ({ seconds }: { seconds: number }) => ({
      message: `The chat template was not done after ${seconds} s, so it was stopped.`,
      hint: 'Use the plain template, or another model.',
    }),
    worker: ({ why }: { why: string }) => ({
      message: `The template worker stopped: ${why}.`,
      hint: 'Reload the page.',
    }),
  },
  keep: {
    full: {
      message: 'The browser gives this page no more storage.',
      hint: 'Delete saved sessions under Saved, or free space on this device.',
    },
    locked: { message: 'Another tab of Sieve is writing to the same files.', hint: 'Close the other tab.' },
    unreachable: ({ why }: { why: string }) => ({
      message: `The browser could not reach its storage (${why}).`,
      hint: 'Reload the page. Export what you want to keep.',
    }),
    nothing: { message: 'There is no session to resume.', hint: 'Start it again.' },
    damaged: {
      message: 'The token sets that belong to the checkpoint are damaged.',
      hint: 'Choose the data again and start over.',
    },
  },
};
