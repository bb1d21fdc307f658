/**
 * What a session needs to go on elsewhere, as files: `sieve-train` of the package in python/ reads them (docs/machines.md).
 * They lie in the zip of an exported session, beside its settings (`session.json`) and curves (`metrics.json`):
 *
 *   training.json                              where it stands: `Training`
 *   training/tokens.bin                        both token sets: for each its ids (i32), offsets (u32) and supervised (u8)
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
import { readGateSlots } from '../engine/kernels/gate/slots';
import { adaptedModules } from '../engine/model/modules';
import { type NamedTensor, writeSafetensors } from '../hub/safetensors';
import { type RunConfig, type SessionConfig, drawsTokens, hasThresholds, isGated } from '../shared/config';
import type { PromptTemplate } from '../shared/data';
import { AdapterError } from '../shared/errors';
import { message } from '../shared/message';
import { type ModelDescription, tellsClasses } from '../shared/model';
import { chosenRevision } from '../shared/revision';
import { RATIO_BINS, type ModelSource, type TokenSet } from '../shared/types';
import { adapterFiles } from './adapterFiles';
import { CONFIG, WEIGHTS, tensorNames } from './peftLayout';
import type { AdapterFile, RunId, SessionState } from './protocol';
import { Recovery, type RecoveryState } from './recovery';
import type { TrainingDataState } from './trainingData';

/** `training.json`. */
interface Training {
  format: 'sieve-training';
  version: 1;
  /** Optimizer steps that are done. */
  step: number;
  /** Where the order of the train split stands; null: at its start. */
  order: BatchOrderState | null;
  /** Ids of the model that the tokens are of. */
  vocab: number;
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
  /** What its rule for τ goes by, per module where it is a list; null without gates. τ itself is among the adapter's tensors. */
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
  model: ModelDescription;
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
 * The files of a session for other machines. Runs whose gates draw their tokens at random, and runs that have failed, stay behind.
 * @throws {AdapterError} for a model that tells classes or reads pictures
 */
export function handOverFiles(given: HandedOver): AdapterFile[] {
  const { config, model, train, validation, state } = given;
  if (tellsClasses(model) || train.labels || train.pictures) throw new AdapterError(message('train.handOver.classes'));
  const tokens = tokenBytes([train, validation]);
  const runs = config.runs.filter((run) => !drawsTokens(run) && !state?.failed.includes(run.id));
  const sizeOf = (set: TokenSet): SetSize => ({ examples: exampleCount(set), tokens: set.ids.length });
  const training: Training = {
    format: 'sieve-training',
    version: 1,
    step: state?.step ?? 0,
    order: state ? (state.data as TrainingDataState).train : null,
    vocab: model.vocab,
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
    .flatMap(({ ids, offsets, supervised }) => [ids, offsets, supervised])
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
  const corrections = (gate.targetPer === 'module' ? slots : slots.slice(0, 1)).map((s) =>
    s.steered > 0 ? s.correction : null,
  );
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

function runFiles(run: RunConfig, { config, source, model, template, state }: HandedOver): AdapterFile[] {
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
  const files = adapterFiles({
    run,
    model: { id: source.id, revision: chosenRevision(source) },
    adapters,
    inOut: modules.some((m) => m.inOut),
    thresholds: learns ? (tensors ? taus(tensors.gate) : new Float32Array(modules.length)) : null,
    template,
    check: null,
  });
  const at = (name: string) => `training/${run.id}/${name}`;
  const written = files.filter(({ name }) => [CONFIG, 'sieve.json', ...(tensors ? [WEIGHTS] : [])].includes(name));
  return [
    ...written.map(({ name, bytes }) => ({ name: at(name), bytes })),
    tensors
      ? { name: at('optimizer.safetensors'), bytes: moments(run, modules, tensors) }
      : { name: at(WEIGHTS), bytes: writeSafetensors(named(run, adapters, '', false)) },
  ];
}

const taus = (slots: ArrayBuffer) => Float32Array.from(readGateSlots(slots), ({ tau }) => tau);

/** Tensors by PEFT's names. @param extra whether what the method has besides A and B is among them: PEFT makes its start of the frozen weights */
function named(run: RunConfig, adapters: readonly ModuleAdapter[], prefix: string, extra: boolean): NamedTensor[] {
  const method = adapterMethodOf(run);
  return adapters.flatMap((m) => {
    const names = tensorNames(method, m.path);
    const tensors = [
      { name: names.a, shape: [m.a.length / m.dIn, m.dIn], data: m.a },
      { name: names.b, shape: [m.dOut, m.b.length / m.dOut], data: m.b },
      ...(extra && m.extra ? [{ name: names.extra, shape: [m.extra.length], data: m.extra }] : []),
    ];
    return tensors.map((tensor) => ({ ...tensor, name: prefix + tensor.name }));
  });
}

const moments = (run: RunConfig, modules: readonly AdaptedModule[], { m, v }: Record<string, ArrayBuffer>) =>
  writeSafetensors([
    ...named(run, valuesOf(run, modules, m), 'exp_avg.', true),
    ...named(run, valuesOf(run, modules, v), 'exp_avg_sq.', true),
  ]);
