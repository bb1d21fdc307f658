/** Plain data that crosses the borders between folders and workers. No behaviour here. */
import type { Message } from './message';

/** Where a base model comes from. */
export type ModelSource =
  /** A folder under `public/models/`. */
  | { kind: 'embedded'; id: string }
  /**
   * A Hugging Face id, `owner/name`; `host` is the hub's origin (tests serve their own). `file`: which of its forms is
   * read, by path; the one that fits where absent.
   */
  | { kind: 'hub'; id: string; revision: string; host: string; file?: string }
  /** A folder from this computer; its files are given to the workers by the same name, see `giveFolder`. */
  | { kind: 'folder'; id: string; file?: string };

/** A form in which a repository holds a model's weights. */
export interface ModelFile {
  /** Of the file, or of the index of several, in the repository. */
  path: string;
  format: 'onnx' | 'safetensors' | 'gguf';
  /** How the values are stored; null where only the file itself says. */
  dtype: string | null;
  /** Of the file and what belongs to it; null where the host does not say. */
  bytes: number | null;
  /** Whether its values are floats, whatever their length; quantised ones make another model. */
  exact: boolean;
  /** Whether it can be trained on. */
  readable: boolean;
  /** Whether opening it is expected to fit in the memory of this tab. */
  fits: boolean;
}

/** A model of which files are kept in this browser. */
export interface KeptModel {
  host: string;
  id: string;
  revision: string;
  /** Which of its forms is here, by path: whole before broken off, then the most exact; null where none is. */
  file: string | null;
  bytes: number;
}

/** One adaptable linear layer of the model. */
export interface ModuleId {
  layer: number;
  /** Its name within the layer, as PEFT's `target_modules` has it: `q_proj`. */
  kind: string;
}

/**
 * Tokenised examples, flat. Example i is `ids[offsets[i] .. offsets[i+1])`;
 * `supervised[p]` is 1 where token p is a target of the loss. Never padded.
 */
export interface TokenSet {
  ids: Int32Array;
  offsets: Uint32Array;
  supervised: Uint8Array;
  /**
   * Where a head with classes is trained: `supervised` marks the token that it reads, whose target is the example's
   * class.
   */
  labels?: SequenceLabels;
  /** What the tokens of pictures are; their ids are places then: 0 the class token, 1 + p the patch at place p. */
  pictures?: Pictures;
}

/** Classes of whole examples. */
export interface SequenceLabels {
  /** Their names. */
  classes: readonly string[];
  /** By example: a place in `classes`. */
  of: Uint32Array;
}

/** The pictures of a token set, as its model reads them. */
export interface Pictures {
  format: PictureFormat;
  /** Of each example in turn: [examples, side · side, 3, patch, patch]. */
  values: Uint8Array<ArrayBuffer>;
  /** By example: the path of its file. */
  names: readonly string[];
}

/** A picture as it is shown: red, green and blue by pixel, [size, size, 3]. */
export interface ShownPicture {
  size: number;
  values: Uint8Array<ArrayBuffer>;
}

/** How a model reads pictures: resized to a square, and cut into square patches. */
export interface PictureFormat {
  /** Patches along the picture's side, and pixels along a patch's. */
  side: number;
  patch: number;
  /** Pillow's number of the filter that resizes. */
  resample: number;
  /** By channel: of a value 0 … 255 the model is given value · scale + shift. */
  scale: readonly number[];
  shift: readonly number[];
}

/**
 * One micro-batch as the engine takes it: the sequences' tokens behind one another, without padding.
 * `ids`, `targets`: [rows]; a target is the id that should follow, or -1 where there is no loss.
 * `starts`: [sequences + 1] row offsets. `patches`: of pictures, what each row's patch has, [rows, values]; zero in
 * rows of none.
 */
export interface TokenBatch {
  ids: Int32Array;
  targets: Int32Array;
  starts: Uint32Array;
  patches?: Float32Array;
}

/** One text, or one picture with what each of its tokens' patch has, [ids.length, values]. */
export interface Sequence {
  ids: Int32Array;
  patches?: Float32Array;
}

/**
 * A quantised matrix [rows, width] as files have it: each block of neighbours in a row shares a scale, and a row has a
 * whole number of blocks. Value i is scale · q + offset with the scale and the offset of block ⌊i / block⌋.
 */
export interface QuantisedBlocks {
  bits: 4 | 8;
  /** Values of a block. */
  block: 16 | 32;
  /** q, row by row: two to a byte with 4 bits, the first in the lower half (0 … 15); with 8 bits −128 … 127. */
  values: Uint8Array;
  scales: Float32Array;
  /** Null: none, and q of 4 bits counts from the middle, scale · (q − 8). */
  offsets: Float32Array | null;
}

/**
 * One line of the memory plan: a part that all runs share, what one run has of its own, or what the host has; in bytes.
 */
export type PlanItem = { bytes: number } & (
  | { part: 'weights' | 'activations' | 'inputs' | 'head' | 'gradients' | 'scratch' | 'batch' | 'samples' }
  | { part: 'points' | 'checkpoint' | 'tokens' | 'tokenizer' }
  | { part: 'run'; name: string }
);

/** What opening a model takes at its peak, in bytes, and what proves the model in it. */
export interface OpeningMemory {
  bytes: number;
  by: LogitCheck['by'];
}

/**
 * 'auto': a hardware GPU where there is one, else the CPU; 'gpu': whatever adapter the browser has, a software one too.
 */
export type DeviceChoice = 'auto' | 'gpu' | 'cpu';

/** What the engine computes on. */
export interface DeviceInfo {
  kind: 'gpu' | 'cpu';
  vendor: string;
  architecture: string;
  description: string;
  /** A CPU pretends to be a GPU: right, but slow. */
  software: boolean;
  /** Threads of the CPU engine; null on a GPU. */
  threads: number | null;
  shaderF16: boolean;
  timestamps: boolean;
  maxBufferSize: number;
  maxBindingSize: number;
}

/** Number of bins of the r histogram, and how a bin's lower edge is found (`engine/kernels/gate`). */
export const RATIO_BINS = 64;

/** Gate statistics of one run and step. All arrays are per adapted module, bottom up. */
export interface GateStats {
  tau: Float32Array;
  /** Tokens T that passed, and how many of them were kept. */
  tokens: Uint32Array;
  active: Uint32Array;
  /** Σμ over kept and over skipped tokens. */
  muActive: Float32Array;
  muSkipped: Float32Array;
  /** Tokens whose μ was measured, and how many kept and skipped ones had μ < 0: their update helps. */
  measured: Uint32Array;
  activeHelpful: Uint32Array;
  skippedHelpful: Uint32Array;
  /** r histogram, [modules × RATIO_BINS]. */
  histogram: Uint32Array;
  /** ρ_t, the running median of r that sets the step size; and the step size used. */
  rho: number;
  tauLearningRate: number;
  /** Each module's own step size, where it goes by its own ρ. */
  moduleTauLearningRates: Float32Array | null;
  /** λ of the last update: sparsity penalty of an active token, sparsityPenalty / T. */
  lambda: number;
  /**
   * Where the skipped share is steered: how far each module's τ was moved beyond the rule's own step, in units of its
   * median r.
   */
  shift: Float32Array | null;
  /** Outside training steps this gate keeps every token, whatever it does in them (oracle). */
  activeOutsideTraining: boolean;
}

/** Adapter work, counted from the dispatches of one step, in multiply-adds. */
export interface AdapterWork {
  /** Done: all-token products (A x, Bᵀg) plus the active-token ones as dispatched (tiles rounded up). */
  done: number;
  /** What plain LoRA of the same rank does for the same tokens. */
  dense: number;
  /** All multiply-adds of the step, frozen matmuls, head and attention included, with a dense adapter. */
  step: number;
}

/** Time of one kernel over the dispatches of a step. */
export interface KernelTime {
  kernel: string;
  calls: number;
  /** Milliseconds on the GPU, all calls together. */
  ms: number;
  /** Multiply-adds, where the kernel is a product whose size the host knows; null else. */
  macs: number | null;
}

/** Where a step's time goes, by kernel, longest first. */
export interface KernelProfile {
  kernels: KernelTime[];
  /** Best rate of our own matmul on this adapter, in multiply-adds a second: what products are measured against. */
  rate: number;
  /** Tokens of one run in the step, and runs in its pass. */
  tokens: number;
  runs: number;
}

/** What a run was computed on, as files keep it. */
export interface UsedDevice {
  kind: DeviceInfo['kind'];
  /** The GPU's own name; empty for a CPU, which computes the same bits everywhere, and where the GPU has none. */
  name: string;
  threads: number | null;
}

/**
 * How a GPU's loss and gradients of one small batch, for a LoRA and a TS-LoRA run, compared with the CPU engine's.
 * 'unchecked': they could not be compared.
 */
export type GradientCheck =
  | { state: 'unchecked'; why: Message }
  | {
      state: 'agrees' | 'differs';
      tokens: number;
      /** Layers that took part, of how many: of a large model only some. */
      layers: number;
      ofLayers: number;
      /** Larger relative difference of the two losses, and its bar. */
      lossError: number;
      lossTolerance: number;
      /** max|GPU − CPU| / max|CPU| of the gradient that differs most, its name, and the bar. */
      gradientError: number;
      gradientTolerance: number;
      worst: string;
    };

/** How our logits compared with a reference's on the same tokens. */
export interface LogitCheck {
  ok: boolean;
  /** ONNX Runtime on the same file, or the forward written plainly in f64, on the same weights. */
  by: 'onnxruntime' | 'plain';
  tokens: number;
  /** max|ours − reference| / max|reference|, and the bar it must stay below. */
  relativeError: number;
  tolerance: number;
  /** Mean KL divergence of the next token in nats, and its bar; null where the largest difference says enough. */
  divergence: { mean: number; tolerance: number } | null;
  /** Where the first difference above the bar starts, in words; null when there is none. */
  firstDifference: Message | null;
}

/** PEFT's `task_type`: a label is text that a model writes, or a class that a head tells. */
export type TaskType = 'CAUSAL_LM' | 'SEQ_CLS';

/** Ids around a text, [CLS] and [SEP], say, and which token of all the head reads, or their mean. */
export interface Frame {
  before: readonly number[];
  after: readonly number[];
  reads: 'first' | 'last' | 'mean';
}

/** Text to token ids and back, as `hub/` opens it from a model's files. */
export interface Tokenizer {
  /** Ids of the text alone: nothing is put before or after it, and text that looks like a special token stays text. */
  encode(text: string): Int32Array;
  /** Each token's own text, as far as it can be shown (a token may be half a character). */
  pieces(ids: ArrayLike<number>): string[];
  decode(ids: ArrayLike<number>): string;
  /**
   * Ids of what a chat template wrote: its special tokens are read as such, but not those in guarded text, see `guard`.
   */
  encodeDressed(text: string): Int32Array;
  /** How a text is read as a whole, for a head with classes; null where the model has none and can be given none. */
  frame: Frame | null;
  /** Whether the model writes text; else it only tells classes apart. */
  writes: boolean;
  /** Special tokens by id, the one for unknown text aside. */
  special: ReadonlyMap<number, string>;
  /** No id is larger. */
  largestId: number;
  /** Entries of its tables: tokens, merges, added tokens. */
  entries: number;
  bosId: number | null;
  eosId: number | null;
  /** Tokens at which generation stops: of the tokenizer, the model's configuration and its generation settings. */
  stopIds: ReadonlySet<number>;
  /** How the model reads pictures, where it reads no texts: tokens are places of patches then. */
  pictures?: PictureFormat;
}

/**
 * What a model is asked: a text as a person wrote it, or one that a chat template wrote, which holds its special tokens
 * and begins as the template has it.
 */
export type Prompt = string | { templated: string };
