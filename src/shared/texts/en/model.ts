/** Model section. */
export const model = {
  title: 'Model',
  lead: 'A small pretrained language model. Its weights stay frozen; only small adapters beside them learn.',
  builtIn: 'Built in, no download',
  stories4m: '8 layers, width 192. Writes simple stories. The default.',
  nano: '4 layers, width 64. For slow machines.',
  opening: 'Opening the model…',
  cancel: 'Cancel',
  checking: 'Checking the model…',
  noneOpen: 'No model is open.',
  tryAgain: 'Try again',
  looking: 'Looking for devices…',
  hub: {
    summary: 'Open another model from Hugging Face',
    id: 'Model id',
    idPlaceholder: 'owner/name',
    idHelp: 'Llama family with an ONNX file in fp32 or fp16. Anything else is refused before it is downloaded.',
    revision: 'Revision',
    revisionHelp: 'A branch, tag or commit.',
    open: 'Open',
  },
  facts: {
    parameters: 'Parameters',
    parametersAre: (n: string, bytes: string) => `${n}, ${bytes} of memory`,
    shape: 'Shape',
    shapeIs: (c: { layers: number; dModel: number; heads: number; kvHeads: number; headDim: number; ffn: number }) =>
      `${c.layers} layers, width ${c.dModel}, ${c.heads}/${c.kvHeads} heads of ${c.headDim}, MLP ${c.ffn}`,
    vocabulary: 'Vocabulary',
    vocabularyIs: (tokens: string, tied: boolean) => `${tokens} tokens, ${tied ? 'tied' : 'untied'} head`,
    context: 'Context',
    contextIs: (tokens: string) => `${tokens} tokens`,
    device: 'Computes on',
    check: 'Logits',
    checkIs: (tokens: number, error: string, tolerance: string) =>
      `{verdict} on ${tokens} tokens: relative error ${error}, allowed ${tolerance}.`,
    agrees: '✓ Agrees with ONNX Runtime',
    differs: '✗ Differs from ONNX Runtime',
    firstDifference: (what: string) => ` First difference: ${what}`,
    /** Of a GPU, beside the CPU engine. */
    gradients: 'Gradients',
    gradientsAre: (
      tokens: number,
      layers: number,
      ofLayers: number,
      loss: string,
      lossTolerance: string,
      gradient: string,
      gradientTolerance: string,
      worst: string,
    ) =>
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
    software: (name: string) => `${name}: software that plays a GPU on the CPU. Right, but slower than the CPU itself.`,
    none: {
      'no-webgpu': 'None: this browser has no WebGPU.',
      'no-adapter': 'None: WebGPU is there, but no graphics adapter to use.',
    },
    threads: (n: number) => `${n} threads.`,
    oneCore: 'One thread: the browser shows the page one core.',
    apart:
      'One thread: this page is not cross-origin isolated, so threads may not share memory. Reloading it once may change that.',
    live: 'To change it, end the run first.',
    moving: (device: string) => `Opening the model on the ${device}. What is open stays until it is ready there…`,
    /** Before it is changed. */
    move: {
      goes: (runs: string) =>
        `The model is opened anew there. ${runs} go along: they answer and are exported there as here. Their curves and maps stay; what is computed anew, such as the tokens of a text, needs a new run.`,
      curves: 'The model is opened anew there. Curves and maps on the page stay.',
      stays: (runs: string) =>
        `Lost would be the adapter of ${runs}: its gate draws its tokens at random, which no file can hold.`,
      yes: (device: string) => `Compute on the ${device}`,
      no: 'Leave it as it is',
    },
    /** Why the CPU computes though nobody chose it. */
    onCpu: {
      software: 'The only GPU here is software, so the model computes on the CPU itself, which is faster.',
      'no-webgpu': 'This browser has no WebGPU, so the model computes on the CPU: the same results, more slowly.',
      'no-adapter': 'No GPU was found, so the model computes on the CPU: the same results, more slowly.',
    },
    how: {
      summary: 'How to use a GPU',
      where:
        'WebGPU is in Chrome and Edge 113 or later (Windows, macOS, ChromeOS, Android), in Safari 26, and in Firefox 141 or later on Windows; over https or on localhost.',
      mend: 'Switch on graphics acceleration in the browser’s settings and update the graphics driver. On Linux, Chrome may need {flag}.',
    },
    wrong: {
      text: '{head} Training stays off on it. The CPU computes the same model with code of its own.',
      head: (name: string) => `${name} computes this model wrongly.`,
    },
    slow: {
      text: '{head} The browser plays a GPU on the CPU. The CPU itself gives the same results sooner.',
      head: 'This GPU is software: slow.',
    },
    useCpu: 'Compute on the CPU',
    openOnCpu: 'Open it on the CPU',
  },
};
