/** The modules of a model that a run adapts, and the sizes that follow from a model's description. */
import type { RunConfig } from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import { fnv1a } from '../../shared/fnv1a';
import { message } from '../../shared/message';
import {
  type ModelDescription,
  type ModelModule,
  logitCount,
  moduleKinds,
  targetModules,
  unknownTarget,
} from '../../shared/model';
import type { AdaptedModule } from '../adapters/method';

/** Longest sequence the engine takes: the model's context, at most 4096. */
export const maxContext = ({ context }: Pick<ModelDescription, 'context'>) => Math.min(context, 4096);

const quad = (count: number) => Math.ceil(count / 4) * 4;

/** Rows of the tables of tokens on the GPU: the vocabulary rounded up to a multiple of 4. */
export const vocabStride = ({ vocab }: Pick<ModelDescription, 'vocab'>) => quad(vocab);

/** Columns of the logits on the GPU: their number rounded up to a multiple of 4. */
export const logitStride = (model: Pick<ModelDescription, 'vocab' | 'head'>) => quad(logitCount(model));

/**
 * The modules a run adapts, bottom up: those that `only` names, else those that `modules` means in every layer.
 * @throws {ConfigError} naming a target that the model does not have
 */
export function adaptedModules(
  model: Pick<ModelDescription, 'layers'>,
  targets: Pick<RunConfig, 'modules' | 'only'>,
  salts?: 'version 1',
): AdaptedModule[] {
  const name = unknownTarget(model, targets);
  if (name !== undefined) {
    const names = moduleKinds(model).join(', ');
    throw new ConfigError(message('engine.model.noModule', { name, layers: model.layers.length, names }));
  }
  return targetModules(model, targets).map((m, index) => ({
    ...m,
    index,
    salt: salts === 'version 1' ? saltOfVersion1(m) : moduleSalt(m.path),
  }));
}

/** A module's salt: by its path alone, so that it stays the same whatever else a run adapts. */
export const moduleSalt = (path: string): number => fnv1a(new TextEncoder().encode(path));

/** As sessions of version 1 have it, where some modules share one (q of layer l and down of layer l + 50). */
function saltOfVersion1({ layer, kind }: ModelModule): number {
  const name = kind.replace(/_proj$/, '');
  return Math.imul(layer * 8 + name.charCodeAt(0) * 31 + name.length, 0x9e3779b1) >>> 0;
}
