/** The dialog in which a run leaves the page as files. */
export const exports = {
  title: (run: string) => `Export ${run}`,
  open: (run: string) => `Export ${run}…`,
  table: 'File kinds, and where they run',
  kind: 'File',
  runtime: {
    python: 'Python',
    browser: 'Browser',
    onnx: 'ONNX Runtime',
    llama: 'llama.cpp',
    sieve: 'Sieve',
  },
  runs: 'runs here',
  runsNot: 'does not run here',
  name: {
    peft: 'Adapter (PEFT)',
    safetensors: 'Merged model (safetensors)',
    onnx: 'Model (ONNX)',
    gguf: 'LoRA adapter (GGUF)',
  },
  what: {
    peft: 'The adapter alone, in the layout of Hugging Face PEFT; it needs the base model beside it. Sieve imports it again.',
    safetensors:
      'The base with the adapter merged into its weights, with tokenizer, configuration and a model card. Everything that opens a Hugging Face folder opens it; weights above 2 GiB are in shards.',
    onnx: 'The base’s own ONNX file with the adapter in it, in the layout of transformers.js, with a page that runs it. Without gates the adapter is merged into the weights; gates, and adapters of quantised bases, stand in the graph as standard operators, and the base stays quantised.',
    gguf: 'The adapter as llama.cpp reads it, beside a GGUF of the same base.',
  },
  /** Of a gated adapter. */
  peftGated:
    'This adapter is gated: Python needs the package sieve-peft, or the script load_gated.py of the zip, which runs without it.',
  values: 'Values',
  valuesHelp: 'f16 and bf16 take half the room. bf16 keeps fewer digits, f16 has no room for numbers above 65504.',
  code: 'Code that uses it',
  copy: 'Copy',
  copied: 'Copied',
  save: 'Save the zip',
  writing: 'Writing the files',
  close: 'Close',
};
