/** What store/ has to say: errors, notes, and why something cannot be done. */
import { forms } from './forms';

const LINK_AGAIN = 'Ask for the link again, or for the settings as a file.';
const OWN_ZIP = 'Choose a zip that Sieve or PEFT has written.';
const EXPORTED_SETTINGS = 'Choose a file that was exported under Settings.';
const PERHAPS_DELETED = 'Another tab may have deleted it.';

const worker = { training: 'training', data: 'data', storage: 'storage', push: 'push' };

export const store = {
  ...forms,
  device: {
    /** @param threads null where they do not matter */
    cpu: ({ threads }: { threads: number | null }) =>
      threads === null ? 'CPU' : `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    /** What computed there was not Sieve. */
    otherCpu: ({ name, threads }: { name: string; threads: number | null }) =>
      `${name} on ${threads === null ? 'CPU' : `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`}`,
    unnamedGpu: 'GPU without a name',
  },
  /** What a worker reports of one run. */
  ofRun: ({ run, message }: { run: string; message: string }) => `${run}: ${message}`,
  worker: {
    unreachable: ({ name, why }: { name: keyof typeof worker; why: string }) => ({
      message: `The ${worker[name]} worker could not be reached: ${why}`,
      hint: 'Reload the page.',
    }),
    closed: ({ name }: { name: keyof typeof worker }) => ({ message: `The ${worker[name]} worker was closed.` }),
    stopped: ({ name, why }: { name: keyof typeof worker; why: string }) => ({
      message: `The ${worker[name]} worker stopped: ${why}.`,
      hint: 'Open the model again, or reload the page.',
    }),
    badMessage: 'a message could not be read',
    notLoaded: 'its script could not be loaded',
  },
  sampling: {
    seed: {
      message: 'The sampling seed must be a whole number from 0 to 4294967295.',
      hint: 'Correct it and try again.',
    },
    length: {
      message: 'Max new tokens must be a whole number from 1 to 4096.',
      hint: 'Correct it and try again.',
    },
    temperature: {
      message: 'The temperature must be between 0 and 10.',
      hint: '0 is greedy: it always takes the most likely token.',
    },
    topP: { message: 'Top-p must be above 0 and at most 1.', hint: '1 switches it off.' },
  },
  /** What is running already. */
  busy: {
    experiment: {
      message: 'An experiment is running.',
      hint: 'Stop it under Experiments first, or wait until it ends.',
    },
    run: { message: 'A session is running.', hint: 'Stop it under Train first.' },
    runHere: { message: 'A session is running.', hint: 'Stop it first.' },
    resuming: { message: 'An interrupted session is being resumed.', hint: 'Stop it under Train once it has started.' },
  },
  noModel: { message: 'No model is open yet.', hint: 'Wait until the model is open, or open one under Model.' },
  modelList: ({ status }: { status: number }) => ({
    message: `The list of built-in models could not be loaded (HTTP ${status}).`,
    hint: 'Reload the page, or open a model from Hugging Face.',
  }),
  data: {
    emptyFolder: ({ folder }: { folder: string }) => ({
      message: `${folder} is a folder without files.`,
      hint: 'Drop the files, or a folder that holds them.',
    }),
    sampleList: ({ status }: { status: number }) => ({
      message: `The list of sample sets could not be loaded (HTTP ${status}).`,
      hint: 'Drop a file of your own, or reload the page.',
    }),
    noSample: ({ id }: { id: string }) => ({ message: `There is no sample set named ${id}.` }),
    sample: ({ status }: { status: number }) => ({
      message: `The sample set could not be loaded (HTTP ${status}).`,
      hint: 'Drop a file of your own, or reload the page.',
    }),
    tooLarge: ({ file, mb, most }: { file: string; mb: number; most: number }) => ({
      message: `${file} has ${mb} MB; at most ${most} MB are read.`,
      hint: 'Cut the file into smaller ones.',
    }),
    otherFile: ({ path }: { path: string }) => ({
      message: `${path} is not the file of this data set: its content is another.`,
      hint: 'Choose the file with this SHA-256, or open yours under Data to train on it.',
    }),
    otherTokens: ({ data }: { data: string }) => ({
      message: `${data} now gives other tokens than those that the run was trained on.`,
      hint: 'Sieve, the model or its tokenizer has changed since. Another run on it starts from another loss.',
    }),
    none: { message: 'There is nothing to train on yet.', hint: 'Choose a sample set or a file under Data.' },
  },
  settings: {
    /** @param changes how many differ from the defaults */
    opened: ({ changes, seed }: { changes: number; seed: number }) => ({
      message: `Settings from the link: ${changes === 1 ? 'one differs' : `${changes} differ`} from the defaults; seed ${seed}.`,
      hint: 'A link never carries data: choose yours under Data.',
    }),
    noJson: ({ why }: { why: string }) => ({ message: `This is not JSON: ${why}`, hint: EXPORTED_SETTINGS }),
    foreign: { message: 'These are not settings of Sieve: format is not “sieve-config”.', hint: EXPORTED_SETTINGS },
    version: ({ ours, theirs }: { ours: number; theirs: string }) => ({
      message: `version: this page reads version ${ours}, and the file says ${theirs}.`,
      hint: 'It was written by another version of Sieve.',
    }),
    wrong: ({ path, problem }: { path: string; problem: string }) => ({
      message: `${path || 'settings'}: ${problem}`,
      hint: 'Correct that place in the file, or export it again.',
    }),
    tooLarge: ({ bytes, most }: { bytes: number; most: number }) => ({
      message: `The file has ${bytes} bytes; settings have at most ${most}.`,
      hint: EXPORTED_SETTINGS,
    }),
    damagedLink: {
      message: 'The settings in this link are damaged: it was cut or changed on its way.',
      hint: LINK_AGAIN,
    },
    tooLongForLink: { message: 'These settings are too long for a link.', hint: 'Export them as a file instead.' },
    longLink: ({ most }: { most: number }) => ({
      message: `The settings in this link are longer than the ${most} characters that are read.`,
      hint: 'Ask for the settings as a file.',
    }),
    linkVersion: { message: 'The settings in this link are of another version of Sieve.', hint: LINK_AGAIN },
    wrongInLink: ({ path, problem }: { path: string; problem: string }) => ({
      message: `The settings in this link cannot be used: ${path || 'settings'}: ${problem}.`,
      hint: 'It may come from another version of Sieve.',
    }),
  },
  adapterZip: {
    tooLarge: ({ bytes, most }: { bytes: number; most: number }) => ({
      message: `The file has ${bytes} bytes; at most ${most} are read.`,
      hint: 'Choose the zip of one adapter.',
    }),
    twice: ({ file }: { file: string }) => ({
      message: `The zip holds ${file} twice.`,
      hint: 'Choose a zip with one adapter in it.',
    }),
    missing: ({ file }: { file: string }) => ({ message: `The zip holds no ${file}.`, hint: OWN_ZIP }),
    largeEntry: ({ path, bytes, most }: { path: string; bytes: number; most: number }) => ({
      message: `${path} in the zip says it has ${bytes} bytes; at most ${most} are read.`,
      hint: OWN_ZIP,
    }),
    unpacked: ({ most }: { most: number }) => ({
      message: `The zip unpacks to more than ${most} bytes.`,
      hint: OWN_ZIP,
    }),
    damaged: ({ what }: { what: string }) => ({
      message: `The file could not be read as a zip: ${what}.`,
      hint: 'Choose a zip that Sieve has exported; if it is one, export it again.',
    }),
    /** What is wrong with a zip. */
    has: {
      noDirectory: 'it has no directory',
      misplaced: ({ path }: { path: string }) => `${path} is not where the directory says`,
      cutOff: ({ path }: { path: string }) => `${path} is cut off`,
      packed: ({ path }: { path: string }) => `${path} does not unpack`,
      unknown: ({ path, method }: { path: string; method: number }) =>
        `${path} is packed in a way that is not known (${method})`,
      different: ({ path }: { path: string }) => `${path} does not agree with its size and checksum`,
    },
  },
  reading: {
    slow: ({ seconds }: { seconds: number }) => ({
      message: `The file could not be read within ${seconds} s.`,
      hint: 'Choose another file.',
    }),
    failed: {
      message: 'The worker that reads files stopped.',
      hint: 'Try again; a file that is too large for this browser’s memory ends it, too.',
    },
  },
  runFile: {
    noJson: ({ file, why }: { file: string; why: string }) => ({
      message: `${file} is not JSON: ${why}`,
      hint: 'Export the session again.',
    }),
    wrong: ({ file, path, problem }: { file: string; path: string; problem: string }) => ({
      message: `${file}: ${path || 'content'}: ${problem}`,
      hint: 'It was written by another version of Sieve, or changed by hand.',
    }),
    tooLarge: ({ bytes, most }: { bytes: number; most: number }) => ({
      message: `The file has ${bytes} bytes; at most ${most} are read.`,
      hint: 'Choose the file of one session.',
    }),
    noMetricLog: {
      message: 'This is not a session: metrics.json is missing.',
      hint: 'Choose a file that was exported under Saved. Adapters alone are imported under Compare.',
    },
    noRecord: {
      message: 'This is not a session: session.json is missing.',
      hint: 'Choose a file that was exported under Saved.',
    },
    damaged: ({ file }: { file: string }) => ({
      message: `${file} in the file of the session is damaged.`,
      hint: 'Export the session again, or delete the entry.',
    }),
    damagedAdapters: ({ runs }: { runs: string }) => ({
      message: `The saved adapter of ${runs} is damaged and cannot be used; all curves are complete.`,
      hint: 'Train it again to get an adapter.',
    }),
    differs: { message: 'The file’s record and its contents belong to different sessions.', hint: 'Export it again.' },
  },
  saved: {
    notPersistent: {
      message: 'The browser did not agree to keep saved sessions when storage runs short.',
      hint: 'It may agree once the page is installed or bookmarked. Export what must not be lost.',
    },
    name: { message: 'A name has 1 to 120 characters.' },
    tags: ({ most }: { most: number }) => ({ message: `At most ${most} tags of at most 30 characters each.` }),
    fileGone: ({ why }: { why: string }) => ({
      message: `The file of this session is gone (${why}).`,
      hint: 'The browser may have cleared it. Delete the entry.',
    }),
    otherModel: ({ model }: { model: string }) => ({
      message: `This session belongs to ${model}, and a session on another model is running.`,
      hint: 'Stop it first.',
    }),
    gone: { message: 'This session is no longer saved.', hint: PERHAPS_DELETED },
    full: {
      message: 'The browser gives this page no more storage.',
      hint: 'Delete saved sessions below, or free space on this device.',
    },
    otherVersion: {
      message: 'The interrupted session was saved by another version of Sieve.',
      hint: 'It cannot be read; start it again.',
    },
    resumeModel: {
      message: 'The model of this session could not be opened.',
      hint: 'See under Model; the checkpoint stays saved.',
    },
    oldTab: { message: 'An older version of Sieve is open in another tab.', hint: 'Close it, then reload this one.' },
  },
  /** How an interrupted run went on, or did not. */
  resume: {
    gpuLost: ({ step }: { step: number }) =>
      `Training was interrupted: the GPU was lost, as happens when a computer sleeps, or its worker stopped. It resumed from the checkpoint at step ${step}.`,
    thriftier: ({ step }: { step: number }) =>
      `Training was interrupted by a GPU error. The GPU was reopened, and training resumed from the checkpoint at step ${step} with less memory.`,
    lostAgain: ({ step }: { step: number }) => ({
      message: `The GPU failed a second time within minutes, so training was not resumed automatically. The checkpoint at step ${step} is intact.`,
      hint: 'Resume it above: for example on the CPU (choose it under Model), or after closing other programs that use the GPU. The diagnostics contain settings and sizes, and none of your data.',
    }),
    wentOn: ({ began, goesOn }: { began: string; goesOn: string }) =>
      `The session ran on ${began} and continues on ${goesOn}: its numbers may differ in the last digits from an uninterrupted one.`,
    waiting: 'A session of the closed tab is waiting to be resumed, and only one can be saved.',
  },
  compare: {
    /** Why one cannot generate. */
    why: {
      noModel: 'No model is open.',
      noStep: 'It has not taken a step yet.',
      drawn: 'Its gate draws tokens at random each time, which a file cannot store.',
      notKept: 'Its adapter was not saved.',
      onceOpen: ({ model }: { model: string }) => `It can generate once its base model, ${model}, is open.`,
      trainedOn: ({ model, open }: { model: string; open: string | null }) =>
        `It was trained on ${model}, and ${open ?? 'no model'} is open. Open its base model first.`,
      sameBase: 'It is the same base model, evaluated on another validation split.',
      otherBase: ({ model, open }: { model: string; open: string | null }) =>
        `It is ${model}, and ${open ?? 'no model'} is open.`,
      notLoaded: ({ why }: { why: string }) => `It could not be loaded: ${why}`,
    },
    /** Why no round of the vote is on. */
    vote: {
      sameInARow: ({ n }: { n: number }) =>
        `Both gave the same answer ${n} times in a row. They may be too similar to tell apart.`,
      enough: ({ n }: { n: number }) => `${n} rounds are enough.`,
      allJudged: 'All your prompts have been judged.',
    },
    nobody: {
      message: 'Nothing selected can generate.',
      hint: 'Choose the base model or a run above; the reason is beside each.',
    },
    prompts: {
      big: ({ kb }: { kb: number }) => ({
        message: `The file is larger than ${kb} KB.`,
        hint: 'Give one with fewer prompts.',
      }),
      empty: {
        message: 'There is no prompt in the file.',
        hint: 'Write one prompt per line, or lines of JSON with a "prompt".',
      },
      none: ({ at }: { at: number }) => ({
        message: `Entry ${at} is not a prompt.`,
        hint: 'Each entry must be a text, or an object with a "prompt".',
      }),
      long: ({ at, most }: { at: number; most: number }) => ({
        message: `Prompt ${at} has more than ${most} characters.`,
        hint: 'Shorten it.',
      }),
      many: ({ n, most }: { n: number; most: number }) => ({
        message: `There are ${n} prompts in the file; ${most} can be answered at once.`,
        hint: 'Give them in several files.',
      }),
    },
    noAdapter: { message: 'Its adapter is no longer in the file.' },
    noPrompt: {
      message: 'There is no validation example to use as a prompt.',
      hint: 'Choose data under Data, or write prompts of your own.',
    },
    absent: ({ name }: { name: string }) => ({
      message: `${name} is not open.`,
      hint: 'Open or add it under Saved to continue voting, or start over.',
    }),
    /** @param why null where it may work the next time */
    silent: ({ name, why }: { name: string; why: string | null }) => ({
      message: `${name} cannot generate now.`,
      hint: why ?? 'Try again.',
    }),
  },
  experiments: {
    unreadable: ({ n }: { n: number }) => ({
      message: `${n} saved ${n === 1 ? 'experiment' : 'experiments'} could not be read and ${n === 1 ? 'is' : 'are'} left unchanged.`,
      hint: 'They may come from another version of this page.',
    }),
    notKept: ({ why }: { why: string }) => ({
      message: `This browser cannot save experiments: ${why}`,
      hint: 'They work, but are gone when the page closes.',
    }),
    dataTooBig: ({ mb, most }: { mb: number; most: number }) => ({
      message: `The data is too large to be saved with the experiment (${mb} MB of tokens; at most ${most} MB).`,
      hint: 'It runs, but cannot be resumed after the page is closed. Finished results stay.',
    }),
    noData: {
      message: 'The data of this experiment was not saved, so it cannot be resumed.',
      hint: 'Open the data again and start a new one. Finished results stay.',
    },
    otherTab: {
      message: 'This experiment is running in another tab.',
      hint: 'Watch it there, or close that tab and resume here.',
    },
    endedEarly: { message: 'Training ended early.', hint: 'See the message under Train, then resume.' },
    modelFailed: { message: 'The model of this experiment could not be opened.', hint: 'See the message under Model.' },
    modelChanged: {
      message: 'The model was changed while the experiment was running.',
      hint: 'Resume: its own model is opened again.',
    },
    gone: { message: 'That experiment is no longer there.' },
    saving: ({ why }: { why: string }) => ({
      message: `This browser could not save the experiment: ${why}`,
      hint: 'It continues, but may be gone when the page closes. Export the report before you leave.',
    }),
    noRanking: ({ seed }: { seed: number }) => ({
      message: `The probe of seed ${seed} gave no ranking.`,
      hint: 'Delete this experiment and start it again with a smaller learning rate.',
    }),
  },
};
