/** Model section. */
export const model = {
  title: 'Model',
  lead: 'A small pretrained language model. Its weights stay frozen; only small adapters next to them are trained.',
  builtIn: 'Built in, no download',
  opening: 'Opening the model…',
  cancel: 'Cancel',
  checking: 'Checking the model…',
  noneOpen: 'No model is open.',
  tryAgain: 'Try again',
  looking: 'Looking for devices…',
  hub: {
    summary: 'Open another model from Hugging Face or from this computer',
    id: 'Model id',
    idPlaceholder: 'owner/name',
    idHelp:
      'Small decoders such as Llama, Qwen, Gemma, Phi or GPT-2, as ONNX, safetensors or GGUF. What cannot be trained is rejected before the weights are downloaded; how an ONNX file stores them is checked while it comes.',
    revision: 'Revision',
    revisionHelp: 'A branch, tag or commit.',
    open: 'Open',
    openName: (name: string) => `Open ${name}`,
    list: 'List files',
    file: 'File',
    fileHelp: 'The same model in several forms. Smaller ones take less memory and are less exact.',
    automatic: 'Automatic: the most exact one that fits',
    fileIs: (path: string, dtype: string | null, bytes: string | null) =>
      [path, ...(dtype ? [dtype] : []), ...(bytes ? [bytes] : [])].join(' · '),
    unreadable: ' (cannot be trained on)',
    tooLarge: ' (more than fits here)',
    folder: 'Or open the folder of a model',
    folderHelp:
      'It holds config.json, tokenizer.json, tokenizer_config.json and model.safetensors or an onnx folder; a .gguf file needs no other. It can be dropped anywhere on the page, too. Nothing is uploaded.',
    kept: 'Downloaded models in this browser',
    keptHelp: 'They open again without a network.',
    keptNone: 'None yet.',
    keptIs: (name: string, file: string | null, bytes: string) => [name, ...(file ? [file] : []), bytes].join(', '),
    room: (usage: string, quota: string) => `This page uses ${usage} of the ${quota} that the browser gives it.`,
    drop: 'Delete',
    dropName: (name: string) => `Delete the files of ${name}`,
  },
  facts: {
    parameters: 'Parameters',
    parametersAre: (n: string, bytes: string) => `${n}, ${bytes} of memory`,
    shape: 'Shape',
    shapeIs: (c: { layers: number; width: number; heads: number; kvHeads: number; headDim: number; inner: number }) =>
      `${c.layers} layers, width ${c.width}, ${c.heads}/${c.kvHeads} heads of ${c.headDim}, MLP ${c.inner}`,
    vocabulary: 'Vocabulary',
    vocabularyIs: (tokens: string, tied: boolean) => `${tokens} tokens, ${tied ? 'tied' : 'untied'} head`,
    pictures: 'Pictures',
    picturesAre: (side: number, patch: number) =>
      `${side * patch} × ${side * patch} pixels in ${side} × ${side} patches of ${patch}`,
    context: 'Context',
    contextIs: (tokens: string) => `${tokens} tokens`,
    device: 'Device',
    check: 'Logits',
    file: 'Weights',
    head: 'Classes',
    headIs: (labels: readonly string[]) =>
      `${labels.slice(0, 12).join(', ')}${labels.length > 12 ? `, … (${labels.length})` : ''}. This head stays where the data has the same labels; for others a new one is drawn and trained.`,
    newHead:
      'The file has no classifier. A new one is drawn for the labels of the data, and trained with every adapter.',
    checkIs: (tokens: number, error: string, tolerance: string, classes: boolean) =>
      `{verdict} on ${tokens} ${classes ? 'sequences' : 'tokens'}: relative error ${error}, allowed ${tolerance}.`,
    divergenceIs: (mean: string, tolerance: string) =>
      ` Mean KL divergence of the next token ${mean} nats, allowed ${tolerance}.`,
    agrees: {
      onnxruntime: '✓ Agrees with ONNX Runtime',
      plain: '✓ Agrees with a plain forward in f64 on the same weights',
    },
    differs: {
      onnxruntime: '✗ Differs from ONNX Runtime',
      plain: '✗ Differs from a plain forward in f64 on the same weights',
    },
    firstDifference: (what: string) => ` First difference: ${what}`,
    /** Of a GPU, beside the CPU engine. */
    gradients: 'Gradients',
    gradientsAre: ({
      tokens,
      layers,
      ofLayers,
      loss,
      lossTolerance,
      gradient,
      gradientTolerance,
      worst,
    }: {
      tokens: number;
      layers: number;
      ofLayers: number;
      loss: string;
      lossTolerance: string;
      gradient: string;
      gradientTolerance: string;
      worst: string;
    }) =>
      `{verdict} on ${tokens} tokens${layers < ofLayers ? `, ${layers} of ${ofLayers} layers` : ''}: relative error of the loss ${loss}, allowed ${lossTolerance}; of the gradients ${gradient} at most (${worst}), allowed ${gradientTolerance}.`,
    gradientsAgree: '✓ Agree with the CPU’s',
    gradientsDiffer: '✗ Differ from the CPU’s',
    gradientsUnchecked: (why: string) => `Not compared with the CPU’s: ${why}.`,
  },
  device: {
    legend: 'Compute on',
    gpu: 'GPU',
    cpu: 'CPU',
    looking: 'Looking…',
    software: (name: string) =>
      `${name}: software that emulates a GPU on the CPU. Correct, but slower than the CPU itself.`,
    none: {
      'no-webgpu': 'None: this browser has no WebGPU.',
      'no-adapter': 'None: the browser has WebGPU, but no graphics adapter.',
    },
    threads: (n: number) => `${n} threads.`,
    oneCore: 'One thread: the browser reports a single core.',
    apart:
      'One thread: this page is not cross-origin isolated, so threads cannot share memory. Reloading it once may change that.',
    live: 'To change it, end the run first.',
    moving: (device: string) => `Opening the model on the ${device}. The current one stays open until that is done…`,
    /** Asked before the device is changed. */
    move: {
      goes: (runs: string) =>
        `The model is reopened there, and so are ${runs}: you can generate with them and export them as before. Their curves and maps stay; what has to be recomputed, such as the tokens of a text, needs a new run.`,
      curves: 'The model is reopened there. Curves and maps on the page stay.',
      stays: (runs: string) =>
        `The adapter of ${runs} would be lost: its gate draws tokens at random, which a file cannot store.`,
      yes: (device: string) => `Use the ${device}`,
      no: 'Cancel',
    },
    /** Why the CPU is used although nobody chose it. */
    onCpu: {
      software: 'The only GPU here is emulated in software, so the model runs on the CPU itself, which is faster.',
      'no-webgpu': 'This browser has no WebGPU, so the model runs on the CPU: the same results, but slower.',
      'no-adapter': 'No GPU was found, so the model runs on the CPU: the same results, but slower.',
    },
    how: {
      summary: 'How to use a GPU',
      where:
        'WebGPU is available in Chrome and Edge 113 or later (Windows, macOS, ChromeOS, Android), in Safari 26, and in Firefox 141 or later on Windows; over https or on localhost.',
      mend: 'Turn on graphics acceleration in the browser’s settings and update the graphics driver. On Linux, Chrome may need {flag}.',
    },
    wrong: {
      text: '{head} Training on it is disabled. The CPU runs the same model with its own code.',
      head: (name: string) => `${name} gives wrong results for this model.`,
    },
    slow: {
      text: '{head} The browser emulates a GPU on the CPU. The CPU itself gives the same results faster.',
      head: 'This GPU is emulated in software and slow.',
    },
    /** The preset for whoever has no fast GPU. */
    small: {
      take: 'Use the small preset (Quick look)',
      taken: 'The small preset (Quick look) is set',
      later: 'Once data is loaded, the small preset (Quick look) keeps a run short.',
    },
    useCpu: 'Use the CPU',
    openOnCpu: 'Open it on the CPU',
  },
};
