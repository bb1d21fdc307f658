/** All that the command line says and the page does not. */
const HELP = '“sieve --help” lists all there is.';

const percent = (share: number) => `${Math.round(100 * share)} %`;

/** A run's loss, with its sparsity where it has gates. */
const lossOf = ({ run, loss, skipped }: { run: string; loss: string; skipped: number | null }) =>
  `${run} ${loss}${skipped === null ? '' : ` (${percent(skipped)} skipped)`}`;

/** Help, and lines about the work. */
const words = {
  help: ({
    languages,
    models,
    formats,
    kinds,
  }: {
    languages: string;
    models: string[];
    formats: string;
    kinds: string;
  }) =>
    `Usage: sieve train [SETTINGS] --data FILE [options]
       sieve prepare [SETTINGS] --data FILE [options]
       sieve eval [ADAPTER.zip or session.zip] --data FILE [options]
       sieve generate [ADAPTER.zip …] --prompt TEXT [options]
       sieve compare ADAPTER.zip … --prompt TEXT [options]
       sieve export ADAPTER.zip --to KIND [options]

SETTINGS is a file that the page exported under Settings, the page's link to settings, or an exported
session (.zip), which brings its model and its column mapping, too. Without it the page's defaults count.

Options of train:
  --data FILE            examples (${formats}), packed or not; given several times,
                         the files are read as one
  --validation FILE      a file of validation examples; without it a share of the data is split off
  --model NAME           a folder, an id of the Hugging Face hub (owner/name or owner/name@revision),
                         or one that comes with Sieve: ${models.join(', ')}; the first unless given
  --model-file PATH      which of the model's files holds the weights, such as onnx/model_q4.onnx
  --device cpu|gpu       cpu (the default) gives the page's results bit by bit; gpu needs the npm
                         package webgpu beside Sieve, and a driver
  --threads N            of the CPU; one for each core, at most 8, unless given
  --out FOLDER           where files are written (sieve-out)
  --fresh                starts over, and drops the checkpoint in that folder
  --hand-over            also writes, where it ends or is interrupted, the file with which sieve-train
                         (the Python package) goes on elsewhere
  --json                 one line of JSON for each event, on standard output
  --SETTING VALUE        any setting by its flag in docs/settings.md, for all runs: --steps 200

What the data are, where it is not guessed rightly:
  --kind KIND            ${kinds}
  --column ROLE=COLUMN   the column of a role: --column prompt=question --column completion=answer
  --prompt-template T    such as "Q: {prompt}\\n"; --completion-template T likewise
  --validation-share X   share of examples in the validation split, 0 to 0.5 (0.1)
  --data-seed N          of that split (1)
  --max-examples N       examples at most (20000)
  --no-stratify          does not keep the same share of every label in both splits
  --all-tokens           trains on the prompt, too

prepare takes what train takes, reads the data with the model's tokenizer, and writes the file that
sieve-train trains from the first step; the model's weights are not opened.
eval measures the base model and the adapter, or all adapters of an exported session, on every row of a
file: cross-entropy, skipped share, and accuracy and macro-F1 where rows have a label. It takes the options
of data above, --batch-size and --max-sequence-length, and those that all take.

generate answers with adapters, or with the base model; compare with both, one after the other:
  --prompt TEXT          put into the adapter's own template
  --max-new-tokens N     64 unless given; --temperature X (0.7; 0 is greedy), --top-p X (0.95),
                         --sampling-seed N (1)
export writes files for other runtimes into --out:
  --to KIND              safetensors (merged weights), onnx or gguf (the adapter, for llama.cpp)
  --values TYPE          of merged weights: F32 (the default), F16 or BF16
They all take --model (else the base that the adapter names), --device, --threads and --json.

  --language CODE        of what is said: ${languages}; --help and --version say what they promise

Ctrl-C writes a checkpoint and ends; the same command goes on from it. A second Ctrl-C does not wait.
Written are an adapter of each run in PEFT's layout, and the session as the page's History opens it.

Exit codes: 0 done; 1 failed; 2 command line or settings not understood; 3 at least one run failed, and
others ended well; 130 interrupted, with a checkpoint.`,
  /** @param error of the logits, relative to the largest */
  model: ({ model, file, device, error }: { model: string; file: string; device: string; error: number }) =>
    `Model: ${model}, ${file}; ${device}; logits agree with the reference to ${error.toExponential(1)}`,
  data: ({ train, validation, tokens }: { train: number; validation: number; tokens: number }) =>
    `Data: ${train} train and ${validation} validation examples, ${tokens} tokens`,
  warning: ({ text }: { text: string }) => `Warning: ${text}`,
  error: ({ text }: { text: string }) => `Error: ${text}`,
  base: 'base model',
  resumes: ({ step, path }: { step: number; path: string }) => `Going on after step ${step}, from ${path}`,
  interrupted: ({ step, path }: { step: number; path: string }) =>
    `Interrupted after step ${step}; the same command goes on from ${path}`,
  stoppedEarly: ({ run, step, best }: { run: string; step: number; best: number }) =>
    `${run}: early stopping at step ${step}, best validation loss at step ${best}`,
  evaluated: ({ step, ...of }: { step: number; run: string; loss: string; skipped: number | null }) =>
    `Step ${step}: validation loss ${lossOf(of)}`,
  evaluation: ({
    labels,
    ...of
  }: {
    run: string;
    loss: string;
    skipped: number | null;
    labels: { right: number; of: number; f1: string } | null;
  }) => `Loss ${lossOf(of)}${labels === null ? '' : `; accuracy ${labels.right}/${labels.of}, macro-F1 ${labels.f1}`}`,
  step: (of: {
    bar: string;
    step: number;
    steps: number;
    runs: { run: string; loss: string; skipped: number | null }[];
    ms: number;
    seconds: number;
  }) => `${of.bar} ${of.step}/${of.steps} ${of.runs.map(lossOf).join(', ')}; ${of.ms} ms/step, ETA ${of.seconds} s`,
};

export const cli = {
  unknownCommand: ({ name, known }: { name: string; known: string }) => ({
    message: `There is no command “${name}”.`,
    hint: `There are: ${known}. ${HELP}`,
  }),
  unknownOption: ({ option }: { option: string }) => ({ message: `There is no option ${option}.`, hint: HELP }),
  valueMissing: ({ option }: { option: string }) => ({
    message: `${option} needs a value.`,
    hint: `Write ${option}=VALUE where the value begins with a dash.`,
  }),
  noValueWanted: ({ option }: { option: string }) => ({ message: `${option} takes no value.`, hint: HELP }),
  range: ({ option, least, most, whole }: { option: string; least: number; most: number; whole: boolean }) => ({
    message: `${option} must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`,
    hint: HELP,
  }),
  oneOf: ({ option, known }: { option: string; known: string }) => ({
    message: `${option} must be one of: ${known}.`,
    hint: HELP,
  }),
  noData: { message: 'No data are given.', hint: 'Name a file of examples: --data examples.jsonl' },
  noPrompt: { message: 'No prompt is given.', hint: 'Write what is to be answered: --prompt "Once upon a time"' },
  oneAdapter: {
    message: 'Name one adapter.',
    hint: 'A zip that Sieve has written: sieve export adapter.zip --to gguf',
  },
  noFile: ({ path }: { path: string }) => ({ message: `${path}: there is no such file.`, hint: HELP }),
  noModel: ({ named, known }: { named: string; known: string }) => ({
    message: `“${named}” is neither a folder nor a model that comes with Sieve.`,
    hint: `Name a folder, owner/name of the Hugging Face hub, or one of: ${known}.`,
  }),
  column: ({ said }: { said: string }) => ({
    message: `“${said}” is not a role and its column.`,
    hint: 'Write --column prompt=question.',
  }),
  role: ({ role, known }: { role: string; known: string }) => ({
    message: `There is no role “${role}” here.`,
    hint: `There are: ${known}.`,
  }),
  folderAgain: ({ id }: { id: string }) => ({
    message: `This session's model came from a folder, “${id}”, which is not part of it.`,
    hint: 'Name the folder: --model FOLDER',
  }),
  otherData: 'these are not the files that the session was trained on',
  otherCheckpoint: ({
    path,
    step,
    differs,
  }: {
    path: string;
    step: number;
    differs: 'settings' | 'model' | 'data';
  }) => ({
    message: `In ${path} is a checkpoint of another run, after step ${step}: its ${differs} differ.`,
    hint: 'Give the same command again, another folder with --out, or --fresh to drop it.',
  }),
  pictures: {
    message: 'Pictures are decoded by the browser: the terminal reads texts only.',
    hint: 'Train on pictures in the page.',
  },
  noDawn: ({ why }: { why: string }) => ({
    message: `No GPU can be used: ${why}`,
    hint: 'Install the npm package webgpu beside Sieve, or leave --device gpu out.',
  }),
  noDriver: {
    message: 'No GPU can be used: the package webgpu finds no driver with WebGPU’s features.',
    hint: 'Install a Vulkan, Metal or Direct3D 12 driver, or leave --device gpu out.',
  },
  words,
};
