/** Errors of engine/. */
const OTHER = 'Choose another model.';
const FAULT = 'This is a fault in Sieve; reload the page.';
const FAULT_OR_DRIVER = 'This is a fault in Sieve or in the graphics driver.';

export const engine = {
  gpu: {
    noWebGpu: {
      message: 'This browser has no WebGPU.',
      hint: 'Compute on the CPU, or use a current Chrome, Edge or Safari 26, or Firefox 141 and later on Windows.',
    },
    noAdapter: {
      message: 'WebGPU is available, but it offers no graphics adapter.',
      hint: 'Compute on the CPU; or update the graphics driver, or switch hardware acceleration on in the browser.',
    },
    reported: ({ message }: { message: string }) => ({
      message: `The GPU reported: ${message}`,
      hint: 'Reload the page; try a smaller batch or a shorter max sequence length.',
    }),
    invalid: ({ message }: { message: string }) => ({ message: `The GPU reported: ${message}`, hint: FAULT }),
    outOfMemory: ({ mib }: { mib: string }) => ({
      message: `The GPU does not have enough memory (${mib} MiB were in use or asked for).`,
      hint: 'Choose a smaller batch, a shorter max sequence length, a lower rank or a smaller model.',
    }),
    oneBuffer: ({ label, mib, allowed }: { label: string; mib: string; allowed: string }) => ({
      message: `"${label}" needs ${mib} MiB in one piece; this device allows ${allowed} MiB.`,
      hint: 'Choose a smaller batch, a shorter max sequence length or a smaller model.',
    }),
    freed: ({ label }: { label: string }) => ({
      message: `GPU buffer "${label}" is used after it was freed.`,
      hint: FAULT,
    }),
    slice: ({ offset, size, label, bytes }: { offset: number; size: number; label: string; bytes: number }) => ({
      message: `The range ${offset}+${size} does not fit "${label}" (${bytes} bytes).`,
    }),
    apart: ({ a, b }: { a: string; b: string }) => ({
      message: `"${a}" and "${b}" are not parts of one buffer.`,
      hint: FAULT,
    }),
    shader: ({ label, line, message, text }: { label: string; line: number; message: string; text: string }) => ({
      message: `Shader "${label}" does not compile, line ${line}: ${message} (${text})`,
      hint: FAULT_OR_DRIVER,
    }),
    pipeline: ({ label, message }: { label: string; message: string }) => ({
      message: `Shader "${label}" cannot be made into a pipeline: ${message}`,
      hint: FAULT_OR_DRIVER,
    }),
    noTimestamps: {
      message: 'This adapter has no timestamp queries, so kernels cannot be timed.',
      hint: 'Start the browser with --enable-dawn-features=allow_unsafe_apis, or use another adapter.',
    },
  },
  cpu: {
    noSimd: ({ why }: { why: string }) => ({
      message: `This browser cannot run the CPU engine: ${why}`,
      hint: 'It needs WebAssembly with SIMD, as browsers have it since 2022. Use a newer one.',
    }),
    outOfMemory: ({ mib }: { mib: string }) => ({
      message: `The browser gives no more memory (${mib} MiB were in use or asked for).`,
      hint: 'Choose a smaller batch, a shorter max sequence length, a lower rank or a smaller model, or close other tabs.',
    }),
    thread: ({ message }: { message: string }) => ({
      message: `A computing thread did not start: ${message}`,
      hint: 'Reload the page; other tabs may be using up the memory.',
    }),
    failed: ({ what }: { what: string }) => ({ message: `The CPU engine failed: ${what}`, hint: FAULT }),
  },
  model: {
    /** @param mib at most; @param why the device's words */
    noRoom: ({ mib, why }: { mib: string; why: string }) => ({
      message: `There is no room for the model's weights, which take up to ${mib} MiB. ${why}`,
      hint: 'Choose a smaller model, or close other tabs and programs. Your data and settings are as they were.',
    }),
    heads: ({ heads, kvHeads }: { heads: number; kvHeads: number }) => ({
      message: `${heads} heads cannot share ${kvHeads} key heads evenly.`,
      hint: OTHER,
    }),
    headSize: ({ size, most }: { size: number; most: number }) => ({
      message: `Head size is ${size}; the engine goes up to ${most}.`,
      hint: OTHER,
    }),
    oddHead: ({ size }: { size: number }) => ({
      message: `Head size is ${size}; rotary embedding needs an even one.`,
      hint: OTHER,
    }),
    quads: ({ what, width }: { what: 'head' | 'row' | 'hidden' | 'ffn' | 'logits' | 'module'; width: number }) => ({
      message: `${{ head: 'Head size', row: 'Row width', hidden: 'Hidden size', ffn: 'Feed-forward size', logits: 'Logit row', module: 'Module width' }[what]} is ${width}; the engine needs a multiple of 4.`,
      hint: OTHER,
    }),
    logitRows: ({ stride, vocab }: { stride: number; vocab: number }) => ({
      message: `Logit rows of ${stride} cannot hold a vocabulary of ${vocab}.`,
      hint: 'This is a fault in Sieve.',
    }),
    noModule: ({ name, layers, names }: { name: string; layers: number; names: string }) => ({
      message: `The model has no module "${name}": it has ${layers} layers, counted from 0, of ${names}.`,
      hint: 'Choose modules of this model.',
    }),
    batch: ({
      rows,
      supervised,
      most,
      mostSupervised,
    }: {
      rows: number;
      supervised: number;
      most: number;
      mostSupervised: number;
    }) => ({
      message: `A batch of ${rows} tokens (${supervised} with a target) does not fit the ${most} (${mostSupervised}) that were planned.`,
      hint: 'Choose a shorter max sequence length or a smaller batch.',
    }),
    prompt: ({ tokens, most }: { tokens: number; most: number }) => ({
      message: `The prompt has ${tokens} tokens; this model takes 1 to ${most}.`,
      hint: 'Shorten the prompt.',
    }),
  },
  adapter: {
    state: ({ run, tensor }: { run: string; tensor: string }) => ({
      message: `The saved state does not fit run "${run}": ${tensor} differs in size.`,
      hint: 'Restore it with the configuration it was saved with.',
    }),
    adaloraWindow: ({ run, first, last, steps }: { run: string; first: number; last: number; steps: number }) => ({
      message: `"${run}": AdaLoRA's first ${first} and last ${last} steps leave none of the run's ${steps} to prune in.`,
      hint: 'Choose smaller tinit and tfinal, or more steps.',
    }),
    adaloraRank: ({ run, start, target }: { run: string; start: number; target: number }) => ({
      message: `"${run}": AdaLoRA starts at rank ${start}, below its target of ${target}.`,
      hint: 'Choose an initial rank above the rank.',
    }),
    doraDropout: ({ run }: { run: string }) => ({
      message: `"${run}": DoRA is trained without dropout.`,
      hint: 'Set dropout to 0, or choose LoRA.',
    }),
    noThreshold: {
      message: 'This gate has no threshold of its own.',
      hint: 'Only gates with a learned threshold can be reset.',
    },
    noGateToOpen: { message: 'An adapter without a gate has no threshold to reset.', hint: 'Choose a gated run.' },
    noGate: { message: 'An adapter without a gate has no thresholds.', hint: 'Open it as TS-LoRA or TS-DoRA.' },
    whole: ({ tensor }: { tensor: string }) => ({
      message: `The adapter has no tensor ${tensor} of this model's shape, which is trained whole.`,
    }),
    shapes: ({ path, rank }: { path: string; rank: number }) => ({
      message: `${path}: the adapter's tensors do not have the shapes of rank ${rank} for this model.`,
      hint: 'Open the model that the adapter was trained on.',
    }),
  },
};
