/** The kinds of files that a run can leave the page as, and what each can hold. */
import { METHOD_NAMES, type RunConfig, isGated, isPerToken } from './config';
import { type Message, message } from './message';
import { type MethodName, methodOf } from './methods';
import { type ModelDescription, tellsClasses } from './model';
import { ruleOf } from './rules';
import type { ModelFile } from './types';

/** How merged weights are written: safetensors' names. */
export const VALUE_TYPES = ['F32', 'F16', 'BF16'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** `peft`: the adapter's own zip. The others are made from the base's files as well. */
export const EXPORT_KINDS = ['safetensors', 'onnx', 'gguf'] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

/** Whether a run's gates go on choosing or weighing tokens once it is trained. */
export const keepsGates = (run: Pick<RunConfig, 'method' | 'gate'>): boolean =>
  isPerToken(run) || (isGated(run) && ruleOf(run.gate).activeOutsideTraining !== true);

/** Where files run. */
export const RUNTIMES = ['python', 'browser', 'onnx', 'llama', 'sieve'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** Which runtimes open which kind. */
export const RUNS_IN: Record<ExportKind | 'peft', readonly Runtime[]> = {
  peft: ['python', 'sieve'],
  safetensors: ['python', 'sieve'],
  onnx: ['browser', 'onnx'],
  gguf: ['llama'],
};

/** What is exported, as far as the page knows it. */
export interface Exportable {
  name: string;
  method: MethodName;
  /** Whether it skips tokens, and whether it draws them again each time. */
  gated: boolean;
  draws: boolean;
  model: ModelDescription;
  /** The base's file that was opened. */
  file: Pick<ModelFile, 'path' | 'format'>;
}

/** Why a run cannot leave as files of a kind; null where it can. */
export function whyNot(
  kind: ExportKind | 'peft',
  { name, method, gated, draws, model, file }: Exportable,
): Message | null {
  if (draws) return message('train.adapter.randomGate');
  if (kind === 'safetensors' && gated) return message('train.adapter.merge', { run: name });
  if (kind === 'onnx' && file.format !== 'onnx') return message('train.export.onnxBase', { file: file.path });
  if (kind === 'onnx' && tellsClasses(model)) return message('train.export.onnxClasses');
  if (kind === 'gguf' && gated) return message('train.export.ggufGates', { run: name });
  if (kind === 'gguf' && methodOf({ method }).rescales)
    return message('train.export.ggufMethod', { run: name, method: METHOD_NAMES[method] });
  if (kind === 'gguf' && tellsClasses(model)) return message('train.export.ggufClasses');
  return null;
}
