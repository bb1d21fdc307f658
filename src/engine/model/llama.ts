/** The Llama family as the engine sees it: shapes of its linear layers and names of its weights. */
import { MODULE_KINDS, MODULE_PATHS, type ModuleKind, type RunConfig } from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import { fnv1a } from '../../shared/fnv1a';
import { message } from '../../shared/message';
import type { LlamaConfig, ModuleId, WeightName } from '../../shared/types';
import type { AdaptedModule } from '../adapters/method';
import type { BufferScope, Tensor } from '../device/buffers';
import type { TablePart } from '../kernels/embed/embed';
import { type Weight, uploadWeight } from '../kernels/matmul/weight';

/** Width of all query heads, and of all key (or value) heads. */
export const qWidth = (c: LlamaConfig) => c.heads * c.headDim;
export const kvWidth = (c: LlamaConfig) => c.kvHeads * c.headDim;

/** Longest sequence the engine takes: the model's context, at most 4096. */
export const maxContext = (c: LlamaConfig) => Math.min(c.context, 4096);

/** Columns of the logits on the GPU: the vocabulary rounded up to a multiple of 4. */
export const logitStride = (c: LlamaConfig) => Math.ceil(c.vocab / 4) * 4;

/** Input and output width of a linear layer. */
export function moduleShape(c: LlamaConfig, kind: ModuleKind): { dIn: number; dOut: number } {
  switch (kind) {
    case 'q':
      return { dIn: c.dModel, dOut: qWidth(c) };
    case 'k':
    case 'v':
      return { dIn: c.dModel, dOut: kvWidth(c) };
    case 'o':
      return { dIn: qWidth(c), dOut: c.dModel };
    case 'gate':
    case 'up':
      return { dIn: c.dModel, dOut: c.ffn };
    case 'down':
      return { dIn: c.ffn, dOut: c.dModel };
  }
}

/** Every linear layer that can be adapted, bottom up, in the order in which statistics list them. */
export const allModules = (c: Pick<LlamaConfig, 'layers'>): ModuleId[] =>
  Array.from({ length: c.layers }, (_, layer) => MODULE_KINDS.map((kind) => ({ layer, kind }))).flat();

/**
 * The modules a run adapts, bottom up: those that `only` names, else `modules` in every layer.
 * @throws {ConfigError} when `only` names a layer that the model does not have
 */
export function adaptedModules(
  c: LlamaConfig,
  { modules, only }: Pick<RunConfig, 'modules' | 'only'>,
  salts?: 'version 1',
): AdaptedModule[] {
  const all = allModules(c);
  const unknown = only?.find((name) => !all.some((m) => moduleName(m) === name));
  if (unknown !== undefined)
    throw new ConfigError(message('engine.model.noModule', { name: unknown, layers: c.layers }));
  return all
    .filter((m) => (only ? only.includes(moduleName(m)) : modules.includes(m.kind)))
    .map((id, index) => ({
      ...id,
      index,
      ...moduleShape(c, id.kind),
      salt: salts === 'version 1' ? saltOfVersion1(id) : moduleSalt(id),
    }));
}

/** A module as a configuration names it: `3.q`. */
export const moduleName = ({ layer, kind }: ModuleId) => `${layer}.${kind}`;

/** PEFT's name of a module: `model.layers.3.self_attn.q_proj`. */
export const modulePath = ({ layer, kind }: ModuleId) => `model.layers.${layer}.${MODULE_PATHS[kind]}`;

/** A module's salt: by its path alone, so that it stays the same whatever else a run adapts. */
export const moduleSalt = (m: ModuleId): number => fnv1a(new TextEncoder().encode(modulePath(m)));

/** As sessions of version 1 have it, where some modules share one (q of layer l and down of layer l + 50). */
const saltOfVersion1 = ({ layer, kind }: ModuleId): number =>
  Math.imul(layer * 8 + kind.charCodeAt(0) * 31 + kind.length, 0x9e3779b1) >>> 0;

/** Every weight of the base with its shape: [out, in] for matrices. The head is left out when it is tied. */
export function weightShapes(c: LlamaConfig): { name: WeightName; shape: number[] }[] {
  const layers = Array.from({ length: c.layers }, (_, layer) => [
    { name: { part: 'inputNorm' as const, layer }, shape: [c.dModel] },
    { name: { part: 'postNorm' as const, layer }, shape: [c.dModel] },
    ...MODULE_KINDS.map((kind) => {
      const { dIn, dOut } = moduleShape(c, kind);
      return { name: { part: kind, layer }, shape: [dOut, dIn] };
    }),
  ]).flat();
  return [
    { name: { part: 'embed' }, shape: [c.vocab, c.dModel] },
    ...layers,
    { name: { part: 'finalNorm' }, shape: [c.dModel] },
    ...(c.tied ? [] : [{ name: { part: 'head' as const }, shape: [c.vocab, c.dModel] }]),
  ];
}

/** Matrices are f16 where they can be without a loss, norms stay f32. */
interface LayerWeights extends Record<ModuleKind, Weight> {
  inputNorm: Tensor;
  postNorm: Tensor;
}

/** The frozen base on the GPU; one copy, however many runs train on it. */
export interface LlamaWeights {
  embed: TablePart[];
  head: TablePart[];
  finalNorm: Tensor;
  layers: LayerWeights[];
}

export const parameterCount = (c: LlamaConfig) =>
  weightShapes(c).reduce((sum, { shape: [rows, width = 1] }) => sum + rows * width, 0);

/** Embedding and head get zero rows up to a multiple of 4 of the vocabulary. */
function paddedTable(c: LlamaConfig, data: Float32Array): Float32Array {
  if (logitStride(c) === c.vocab) return data;
  const padded = new Float32Array(logitStride(c) * c.dModel);
  padded.set(data);
  return padded;
}

/**
 * Uploads the frozen base. `read` gives each weight in PyTorch's layout; it is asked once per weight. Tables of more than
 * `bindingBytes` are split.
 */
export function uploadWeights(
  scope: BufferScope,
  c: LlamaConfig,
  read: (name: WeightName) => Float32Array,
  bindingBytes: number,
): LlamaWeights {
  const layers = Array.from({ length: c.layers }, () => ({}) as LayerWeights);
  const tables: Partial<Record<'embed' | 'head', TablePart[]>> = {};
  let finalNorm: Tensor | undefined;
  const matrix = (label: string, data: Float32Array): Weight => uploadWeight(scope, label, data);
  const table = (label: string, data: Float32Array): TablePart[] => {
    const rows = data.length / c.dModel;
    // In whole quads of columns of the logits; counted as f32, so that the split does not depend on the values.
    const perPart = Math.max(4, Math.floor(bindingBytes / (16 * c.dModel)) * 4);
    return Array.from({ length: Math.ceil(rows / perPart) }, (_, i) => {
      const first = i * perPart;
      const count = Math.min(perPart, rows - first);
      return {
        first,
        rows: count,
        weight: matrix(`${label}[${i}]`, data.subarray(first * c.dModel, (first + count) * c.dModel)),
      };
    });
  };
  for (const {
    name,
    shape: [rows, width = 1],
  } of weightShapes(c)) {
    const data = read(name);
    if (data.length !== rows * width)
      throw new Error(`weight ${JSON.stringify(name)} has ${data.length} values, expected ${rows * width}`);
    switch (name.part) {
      case 'embed':
      case 'head':
        tables[name.part] = table(name.part, paddedTable(c, data));
        break;
      case 'finalNorm':
        finalNorm = scope.upload('finalNorm', data);
        break;
      case 'inputNorm':
      case 'postNorm':
        layers[name.layer][name.part] = scope.upload(`layers.${name.layer}.${name.part}`, data);
        break;
      default:
        layers[name.layer][name.part] = matrix(`layers.${name.layer}.${name.part}`, data);
    }
  }
  return { embed: tables.embed!, head: tables.head ?? tables.embed!, finalNorm: finalNorm!, layers };
}
