/** Opening a model: download once, weights to the device, and proof that our forward is ONNX Runtime's and a GPU's backward the CPU's. */
import { BaseModel } from '../engine/base';
import { Generator } from '../engine/generator';
import type { Device } from '../engine/device/device';
import { parameterCount } from '../engine/model/llama';
import { selfTest } from '../engine/selfTest';
import { type DownloadedModel, downloadModel } from '../hub/model';
import { referenceLogits } from '../hub/referenceProof';
import { openTokenizer } from '../hub/tokenizer';
import { type Message, message } from '../shared/message';
import type { LogitCheck, ModelSource, Tokenizer, WeightName } from '../shared/types';
import { checkGradients } from './gradientCheck';
import type { ModelInfo, TrainEvent } from './protocol';
import { tune } from './tuning';

/** Largest difference to ONNX Runtime that is let through, relative to the largest logit. */
export const LOGIT_TOLERANCE = 1e-3;
const CHECK_TEXT = 'Once upon a time there was a little girl who lived near a dark forest. "Who is there?" she asked.';
const CHECK_TOKENS = 24;

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
 * @throws {ModelError} when the files cannot be had or describe something that Sieve cannot train; what `signal` was aborted with
 */
export async function fetchModel(
  source: ModelSource,
  emit: (event: TrainEvent) => void,
  signal?: AbortSignal,
): Promise<FetchedModel> {
  emit({ type: 'phase', phase: 'loading' });
  const onProgress = (file: string, loaded: number, total: number | null) =>
    emit({ type: 'progress', phase: 'loading', label: file, loaded, total });
  const tokenizer = await openTokenizer(source, { signal });
  return { tokenizer, model: await downloadModel(source, { onProgress, signal }) };
}

/**
 * Opens a model on `device`. Its file's bytes are gone afterwards: the reference took them.
 * @throws {ModelError} when ONNX Runtime cannot load it; {GpuError}
 */
export async function openModel(
  device: Device,
  { model, tokenizer }: FetchedModel,
  emit: (event: TrainEvent) => void,
): Promise<OpenModel> {
  const progress = (label: Message) => emit({ type: 'progress', phase: 'checking', label, loaded: 0, total: null });
  // Whoever learns the tokenizer's end must stop there, whatever the model's own configuration says.
  const stops = [...tokenizer.stopIds].filter((id) => id < model.config.vocab);
  const config = { ...model.config, eosIds: [...new Set([...model.config.eosIds, ...stops])] };
  const read = (name: WeightName) => model.weights.get(name).data;
  const base = await BaseModel.create(device, config, read);
  try {
    emit({ type: 'phase', phase: 'checking' });
    // A software adapter takes the static choice: its variants are known, and compile longer than they could save. The CPU has one.
    if (device.info.kind === 'gpu' && !device.info.software) {
      progress(message('train.progress.tuning'));
      // Two thirds of a block's multiplications have this shape.
      const { dModel: dIn, ffn: dOut } = config;
      await tune(device, { weight: base.weights.layers[0].up, dIn, dOut });
    }
    if (device.info.kind === 'gpu') {
      const types = new Set(
        base.weights.layers.flatMap((layer) => Object.values(layer)).flatMap((w) => ('type' in w ? [w.type] : [])),
      );
      const { heads, kvHeads, headDim } = config;
      for (const { name, why } of await selfTest(device, { types: [...types], heads, kvHeads, headDim }))
        emit({ type: 'warning', runId: null, message: message('train.warning.blocked', { name, why }) });
    }
    const ids = checkTokens(model, tokenizer);
    // Before the reference takes the weights.
    let gradients: ModelInfo['gradients'] = null;
    if (device.info.kind === 'gpu') {
      progress(message('train.progress.gradients'));
      gradients = await checkGradients(base, read, ids);
    }
    progress(message('train.progress.comparing'));
    const check = await checkLogits(base, model, tokenizer, ids);
    const info: ModelInfo = {
      source: model.source,
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
  } finally {
    model.weights.release();
  }
}

/** What both checks read. */
function checkTokens({ config }: DownloadedModel, tokenizer: Tokenizer): Int32Array {
  const text = tokenizer.encode(CHECK_TEXT);
  return Int32Array.from(
    [...(tokenizer.bosId === null ? [] : [tokenizer.bosId]), ...text].slice(0, Math.min(CHECK_TOKENS, config.context)),
  );
}

async function checkLogits(
  base: BaseModel,
  model: DownloadedModel,
  tokenizer: Tokenizer,
  ids: Int32Array,
): Promise<LogitCheck> {
  const generator = await Generator.create(base, [null], ids.length);
  // Kernels compile in the GPU's process while ONNX Runtime loads in a worker, which takes the file's bytes: the base has
  // its own copy. Neither is left behind when the other fails.
  const [expected, ours] = await Promise.allSettled([referenceLogits(model, ids), generator.logits(ids)]);
  generator.free();
  if (expected.status === 'rejected') throw expected.reason;
  if (ours.status === 'rejected') throw ours.reason;
  const { data, vocab } = expected.value;
  return compareLogits(ours.value[0], data, vocab, (t) => tokenizer.pieces([ids[t]])[0]);
}

/** Compares [tokens][vocab] with a flat [tokens × vocab]; `piece` shows a token in the report. */
export function compareLogits(
  ours: Float32Array[],
  expected: Float32Array,
  vocab: number,
  piece: (token: number) => string,
): LogitCheck {
  let largest = 0;
  for (const value of expected) largest = Math.max(largest, Math.abs(value));
  let worst = 0;
  let firstDifference: Message | null = null;
  ours.forEach((row, t) => {
    for (let v = 0; v < vocab; v++) {
      const difference = Math.abs(row[v] - expected[t * vocab + v]);
      worst = Number.isFinite(difference) ? Math.max(worst, difference) : Infinity;
      if (!(difference <= LOGIT_TOLERANCE * largest)) {
        firstDifference ??= message('train.difference', {
          token: t + 1,
          piece: piece(t),
          entry: v,
          here: row[v],
          there: expected[t * vocab + v],
        });
      }
    }
  });
  return {
    ok: firstDifference === null && largest > 0,
    tokens: ours.length,
    relativeError: worst / (largest || 1),
    tolerance: LOGIT_TOLERANCE,
    firstDifference,
  };
}
