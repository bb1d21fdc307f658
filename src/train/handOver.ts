/**
 * What a session needs to go on elsewhere, as files: `sieve-train` of the package in python/ reads them
 * (docs/machines.md). They lie in the zip of an exported session, beside its settings (`session.json`) and curves
 * (`metrics.json`):
 *
 *   training.json                              where it stands: `Training`
 *   training/tokens.bin                        both token sets: for each its ids (i32), offsets (u32) and supervised
 *   (u8), and
 *                                              of a model that tells classes apart the class (u32) of each example
 *   training/<run>/adapter_config.json, adapter_model.safetensors, sieve.json    the adapter as it is, in PEFT's layout
 *   training/<run>/optimizer.safetensors       AdamW's moments, `exp_avg.` and `exp_avg_sq.` before the adapter's names
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { BatchOrderState } from '../data/batches';
import { exampleCount } from '../data/batches';
import type { RunState } from '../engine/runState';
import { adapterMethodOf, startValues, trainedOf } from '../engine/adapters/methods';
import type { AdaptedModule } from '../engine/adapters/method';
import { type ModuleAdapter, unpack } from '../engine/adapters/parameters';
import { type WholeValues, unpackWhole, wholeLayout } from '../engine/adapters/wholeModules';
import { readGateSlots } from '../engine/kernels/gate/slots';
import { adaptedModules } from '../engine/model/modules';
import { type NamedTensor, writeSafetensors } from '../hub/safetensors';
import { type RunConfig, type SessionConfig, drawsTokens, hasThresholds, isGated } from '../shared/config';
import type { PromptTemplate } from '../shared/data';
import { AdapterError } from '../shared/errors';
import { message } from '../shared/message';
import { type ClassModel, type ModelDescription, tellsClasses } from '../shared/model';
import { chosenRevision } from '../shared/revision';
import { ruleOf } from '../shared/rules';
import { RATIO_BINS, type ModelSource, type TokenSet } from '../shared/types';
import { adapterFiles, wholeTensors } from './adapterFiles';
import { CONFIG, WEIGHTS, tensorNames } from './peftLayout';
import type { AdapterFile, RunId, SessionState } from './protocol';
import { Recovery, type RecoveryState } from './recovery';
import type { TrainingDataState } from './trainingData';

/** `training.json`. */
interface Training {
  format: 'sieve-training';
  /** 2: of a model that tells classes apart. */
  version: 1 | 2;
  /** Optimizer steps that are done. */
  step: number;
  /** Where the order of the train split stands; null: at its start. */
  order: BatchOrderState | null;
  /** Ids of the model that the tokens are of. */
  vocab: number;
  /** What the head's logits stand for, in their order; null: those of the next token. */
  classes: readonly string[] | null;
  tokens: { sha256: string; train: SetSize; validation: SetSize };
  runs: Record<RunId, TrainingRun>;
}

interface SetSize {
  examples: number;
  tokens: number;
}

interface TrainingRun {
  /** Steps that its optimizer has taken: none of those that were skipped. */
  taken: number;
  /** What its learning rate has come down to. */
  rate: number;
  /**
   * What its rule for τ goes by, per module where it is a list; null without gates. τ itself is among the adapter's
   * tensors.
   */
  gate: {
    updates: number;
    m: number[];
    v: number[];
    /** ρ of the run, or of each module. */
    rho: number[];
    /** Of the target sparsity, of the run or of each module; null before it was first steered. */
    corrections: (number | null)[];
    /** The averaged rule's: Σμ and tokens by bin of r, [modules][64] each; null for other rules. */
    average: { mu: number[][]; count: number[][] } | null;
  } | null;
}

export interface HandedOver {
  config: SessionConfig;
  source: ModelSource;
  /** As it is trained: under the head that it gets for its data. */
  model: ModelDescription;
  /** A head that was drawn, of a session that has not begun; null: it starts from the base's own. */
  head: WholeValues | null;
  template: PromptTemplate;
  train: TokenSet;
  validation: TokenSet;
  /** Of a session that has begun; null: every run is at its start. */
  state: SessionState | null;
}

const json = (name: string, value: unknown): AdapterFile => ({
  name,
  bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`),
});

/**
 * The files of a session for other machines. Runs whose gates draw their tokens at random, and runs that have failed,
 * stay behind.
 * @throws {AdapterError} for a model that reads pictures
 */
export function handOverFiles(given: HandedOver): AdapterFile[] {
  const { config, model, train, validation, state } = given;
  if (train.pictures) throw new AdapterError(message('train.handOver.pictures'));
  const classes = tellsClasses(model) ? model.head.labels : null;
  const tokens = tokenBytes([train, validation]);
  const runs = config.runs.filter((run) => !drawsTokens(run) && !state?.failed.includes(run.id));
  const sizeOf = (set: TokenSet): SetSize => ({ examples: exampleCount(set), tokens: set.ids.length });
  const training: Training = {
    format: 'sieve-training',
    version: classes ? 2 : 1,
    step: state?.step ?? 0,
    order: state ? (state.data as TrainingDataState).train : null,
    vocab: model.vocab,
    classes,
    tokens: { sha256: hex(sha256(tokens)), train: sizeOf(train), validation: sizeOf(validation) },
    runs: Object.fromEntries(runs.map((run) => [run.id, state ? stateOf(run, state) : { ...NEW }])),
  };
  return [
    json('training.json', training),
    { name: 'training/tokens.bin', bytes: tokens },
    ...runs.flatMap((run) => runFiles(run, given)),
  ];
}

const NEW: TrainingRun = { taken: 0, rate: 1, gate: null };

const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

function tokenBytes(sets: readonly TokenSet[]): Uint8Array<ArrayBuffer> {
  const parts = sets
    .flatMap(({ ids, offsets, supervised, labels }) => [ids, offsets, supervised, ...(labels ? [labels.of] : [])])
    .map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const tensorsOf = (state: SessionState, id: RunId) => (state.runs[id] as RunState).tensors;

function stateOf(run: RunConfig, state: SessionState): TrainingRun {
  const tensors = tensorsOf(state, run.id);
  const { recovery } = (state.signs[run.id] ?? {}) as { recovery?: RecoveryState };
  const taken = tensors.taken ? new Uint32Array(tensors.taken)[0] : state.step;
  return { taken, rate: new Recovery(recovery).rate, gate: isGated(run) ? gateOf(run, tensors) : null };
}

function gateOf({ gate }: RunConfig, tensors: Record<string, ArrayBuffer>): TrainingRun['gate'] {
  const slots = readGateSlots(tensors.gate);
  const steered = gate.targetPer === 'module' || ruleOf(gate).late ? slots : slots.slice(0, 1);
  const corrections = steered.map((s) => (s.steered > 0 ? s.correction : null));
  const average = tensors.average && new Float32Array(tensors.average);
  const rows = (which: 0 | 1) =>
    slots.map((_, m) => Array.from(average!.subarray((2 * m + which) * RATIO_BINS, (2 * m + which + 1) * RATIO_BINS)));
  return {
    updates: Math.max(...slots.map((s) => s.updates)),
    m: slots.map((s) => s.m),
    v: slots.map((s) => s.v),
    rho: gate.rhoPer === 'module' ? slots.map((s) => s.rho) : [new Float32Array(tensors.shown)[0]],
    corrections,
    average: average ? { mu: rows(0), count: rows(1) } : null,
  };
}

/** What of a run lies in a flat buffer of its state, in PEFT's layout. */
function valuesOf(run: RunConfig, modules: readonly AdaptedModule[], flat: ArrayBuffer): ModuleAdapter[] {
  const values = unpack(modules, trainedOf(run), new Float32Array(flat));
  return modules.map(({ path, dIn, dOut }, i) => ({ path, dIn, dOut, ...values[i] }));
}

/** What of a run is trained whole: it lies behind its adapter. */
const wholeOf = (model: ClassModel, flat: ArrayBuffer): WholeValues => {
  const layout = wholeLayout(model);
  return unpackWhole(layout, new Float32Array(flat, flat.byteLength - layout.bytes));
};

function runFiles(run: RunConfig, { config, source, model, head, template, state }: HandedOver): AdapterFile[] {
  const salts = state?.version === 1 ? ('version 1' as const) : undefined;
  const modules = adaptedModules(model, run, salts);
  const tensors = state && tensorsOf(state, run.id);
  const adapters = tensors
    ? valuesOf(run, modules, tensors.params)
    : startValues(run, modules, config.train.seed).map((values, i) => {
        const { path, dIn, dOut } = modules[i];
        return { path, dIn, dOut, ...values };
      });
  const learns = isGated(run) && hasThresholds(run.gate);
  const whole = tellsClasses(model) ? model : null;
  const values = whole && tensors ? wholeOf(whole, tensors.params) : head;
  const files = adapterFiles({
    run,
    model: { id: source.id, revision: chosenRevision(source) },
    adapters,
    inOut: modules.some((m) => m.inOut),
    thresholds: learns ? (tensors ? taus(tensors.gate) : new Float32Array(modules.length)) : null,
    template,
    check: null,
    classes: whole && { model: whole, values },
  });
  const at = (name: string) => `training/${run.id}/${name}`;
  const written = files.filter(({ name }) => [CONFIG, 'sieve.json', ...(tensors ? [WEIGHTS] : [])].includes(name));
  return [
    ...written.map(({ name, bytes }) => ({ name: at(name), bytes })),
    tensors
      ? { name: at('optimizer.safetensors'), bytes: writeSafetensors(moments(run, modules, whole, tensors)) }
      : {
          name: at(WEIGHTS),
          bytes: writeSafetensors([
            ...named(run, adapters, false),
            ...(whole && values ? wholeTensors(whole, values) : []),
          ]),
        },
  ];
}

const taus = (slots: ArrayBuffer) => Float32Array.from(readGateSlots(slots), ({ tau }) => tau);

/**
 * Tensors by PEFT's names. @param extra whether what the method has besides A and B is among them: PEFT makes its start
 * of the frozen weights
 */
function named(run: RunConfig, adapters: readonly ModuleAdapter[], extra: boolean): NamedTensor[] {
  const method = adapterMethodOf(run);
  return adapters.flatMap((m) => {
    const names = tensorNames(method, m.path);
    return [
      { name: names.a, shape: [m.a.length / m.dIn, m.dIn], data: m.a },
      { name: names.b, shape: [m.dOut, m.b.length / m.dOut], data: m.b },
      ...(extra && m.extra ? [{ name: names.extra, shape: [m.extra.length], data: m.extra }] : []),
      ...(extra && m.constant ? [{ name: names.constant, shape: [m.dOut], data: m.constant }] : []),
    ];
  });
}

/** AdamW's moments of all that is trained. */
const moments = (
  run: RunConfig,
  modules: readonly AdaptedModule[],
  whole: ClassModel | null,
  { m, v }: Record<string, ArrayBuffer>,
): NamedTensor[] =>
  Object.entries({ exp_avg: m, exp_avg_sq: v }).flatMap(([moment, flat]) =>
    [
      ...named(run, valuesOf(run, modules, flat), true),
      ...(whole ? wholeTensors(whole, wholeOf(whole, flat)) : []),
    ].map((tensor) => ({ ...tensor, name: `${moment}.${tensor.name}` })),
  );
