/**
 * Opening a model: download once, weights to the device, and proof that our forward is the reference's and a GPU's
 * backward the CPU's.
 */
import { BaseModel } from '../engine/base';
import type { Device } from '../engine/device/device';
import { attentionKinds } from '../engine/model/nn/attention';
import { maxContext } from '../engine/model/modules';
import { matrixOf } from '../engine/model/weights';
import { selfTest } from '../engine/selfTest';
import { type DownloadedModel, downloadModel } from '../hub/model';
import { referenceLogits } from '../hub/referenceProof';
import { forgetHead } from '../hub/gguf/head';
import { framedIds, openTokenizer, promptIds } from '../hub/tokenizer';
import { TrainError } from '../shared/errors';
import { type Message, message } from '../shared/message';
import { drawnSequences } from '../shared/pictures';
import { type ModelDescription, allModules, parameterCount, tellsClasses } from '../shared/model';
import type { LogitCheck, ModelSource, Sequence, Tokenizer } from '../shared/types';
import { checkGradients } from './gradientCheck';
import { barsOf, compareLogits } from './logitCheck';
import { logitRows } from './logitRows';
import type { ModelInfo, TrainEvent } from './protocol';
import { tune } from './tuning';

const CHECK_TEXT = 'Once upon a time there was a little girl who lived near a dark forest. "Who is there?" she asked.';
const CHECK_TOKENS = 24;
/** For heads with classes, which say little of a sequence: several, of different length. */
const CHECK_SEQUENCES = [CHECK_TEXT, '“Who is there?” she asked.', 'Nobody lived near the forest.'];

export interface OpenModel {
  base: BaseModel;
  tokenizer: Tokenizer;
  info: ModelInfo;
}

/** Everything of a model before it is on a device. */
export interface FetchedModel {
  model: DownloadedModel;
  tokenizer: Tokenizer;
}

/**
 * Downloads a model and reads it. First what is small: nothing large is downloaded for a tokenizer that cannot be used.
 * @throws {ModelError} when the files cannot be had or describe something that Sieve cannot train; what `signal` was
 *   aborted with
 */
export async function fetchModel(
  source: ModelSource,
  emit: (event: TrainEvent) => void,
  signal?: AbortSignal,
): Promise<FetchedModel> {
  emit({ type: 'phase', phase: 'loading' });
  const onProgress = (file: string, loaded: number, total: number | null) =>
    emit({ type: 'progress', phase: 'loading', label: file, loaded, total });
  try {
    const tokenizer = await openTokenizer(source, { signal });
    return { tokenizer, model: await downloadModel(source, { onProgress, signal }) };
  } finally {
    forgetHead();
  }
}

/**
 * Puts a model's weights on `device`.
 * @throws {OutOfMemoryError} where there is no room for them; nothing stays allocated then
 */
export function placeWeights(device: Device, { model, tokenizer }: FetchedModel): Promise<BaseModel> {
  // Whoever learns the tokenizer's end must stop there, whatever the model's own configuration says.
  const stops = [...tokenizer.stopIds].filter((id) => id < model.config.vocab);
  const config = { ...model.config, eosIds: [...new Set([...model.config.eosIds, ...stops])] };
  return BaseModel.create(device, config, model.weights.stored);
}

/**
 * Proves a model that is on its device. Its file's bytes are gone afterwards: the reference took them.
 * @throws {ModelError} when the reference cannot be computed; {GpuError}. The base is freed then
 */
export async function proveModel(
  base: BaseModel,
  { model, tokenizer }: FetchedModel,
  emit: (event: TrainEvent) => void,
): Promise<OpenModel> {
  const { device, config } = base;
  const progress = (label: Message) => emit({ type: 'progress', phase: 'checking', label, loaded: 0, total: null });
  try {
    emit({ type: 'phase', phase: 'checking' });
    // A software adapter takes the static choice: its variants are known, and compile longer than they could save. The
    // CPU has one.
    if (device.info.kind === 'gpu' && !device.info.software) {
      progress(message('train.progress.tuning'));
      // Most of a layer's multiplications have the shape of its widest module.
      const widest = allModules(config).reduce((a, b) => (b.dIn * b.dOut > a.dIn * a.dOut ? b : a));
      await tune(device, { weight: matrixOf(base.weights, widest), dIn: widest.dIn, dOut: widest.dOut });
    }
    if (device.info.kind === 'gpu') {
      const types = new Set([...base.weights.matrices.values()].map((w) => w.type));
      for (const { name, why } of await selfTest(device, { types: [...types], attentions: attentionKinds(config) }))
        emit({ type: 'warning', runId: null, message: message('train.warning.blocked', { name, why }) });
    }
    const sequences = checkSequences(config, tokenizer);
    // Before the reference takes the weights.
    let gradients: ModelInfo['gradients'] = null;
    if (device.info.kind === 'gpu') {
      progress(message('train.progress.gradients'));
      gradients = await checkGradients(base, model.weights.stored, sequences);
    }
    progress(message('train.progress.comparing'));
    const check = await checkLogits(base, model, tokenizer, sequences);
    const info: ModelInfo = {
      source: model.source,
      file: model.file,
      config,
      parameters: parameterCount(config),
      weightBytes: base.bytes,
      check,
      gradients,
      device: device.info,
    };
    return { base, tokenizer, info };
  } catch (error) {
    base.free();
    throw error;
  }
}

/** What both checks read. */
function checkSequences(config: ModelDescription, tokenizer: Tokenizer): Sequence[] {
  const { pictures } = tokenizer;
  if (pictures) return drawnSequences(pictures, CHECK_SEQUENCES.length, CHECK_TOKENS);
  const most = Math.min(CHECK_TOKENS, maxContext(config));
  if (tellsClasses(config)) return CHECK_SEQUENCES.map((text) => ({ ids: framedIds(tokenizer, text, most) }));
  return [{ ids: promptIds(tokenizer, CHECK_TEXT).slice(0, most) }];
}

async function checkLogits(
  base: BaseModel,
  model: DownloadedModel,
  tokenizer: Tokenizer,
  sequences: readonly Sequence[],
): Promise<LogitCheck> {
  // Kernels compile in the GPU's process while the reference is computed in a worker, which takes the file's bytes: the
  // base has its own copy. Neither is left behind when the other fails.
  const [expected, ours] = await Promise.allSettled([
    referenceLogits(model.reference, sequences),
    logitRows(base, null, sequences),
  ]);
  if (expected.status === 'rejected') throw expected.reason;
  if (ours.status === 'rejected') throw ours.reason;
  const { data, vocab } = expected.value;
  const { reference } = model;
  const rows = tellsClasses(base.config) ? sequences.map(({ ids }) => ids[0]) : sequences[0].ids;
  return compareLogits({
    ours: ours.value,
    expected: data,
    vocab,
    bars: barsOf(reference.kind === 'onnx' && reference.half, base.device.info.kind),
    by: reference.kind === 'onnx' ? 'onnxruntime' : 'plain',
    piece: (t) => tokenizer.pieces([rows[t]])[0],
  });
}

/** @throws {TrainError} when this device was found to compute the model wrongly */
export function refuseWrong({ check, gradients }: ModelInfo): void {
  if (!check.ok)
    throw new TrainError(
      message('train.session.refused', {
        error: check.relativeError.toExponential(1),
        first: check.firstDifference ?? '',
      }),
    );
  if (gradients?.state === 'differs')
    throw new TrainError(
      message('train.session.wrongGradients', {
        error: gradients.gradientError.toExponential(1),
        tensor: gradients.worst,
      }),
    );
}
