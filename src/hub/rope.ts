/**
 * RoPE as configurations describe it: its base, the share of a head that turns, and how it is stretched to a longer
 * context.
 */
import { message } from '../shared/message';
import type { Rope, RopeScaling } from '../shared/layers';
import { type Fields, refuse, show } from './fields';

/** Where a family differs from the usual. */
export interface RopeNames {
  /** Base, and share of a head, where the configuration does not say. */
  theta?: number;
  share?: number;
  thetaField?: string;
  shareField?: string;
  /** The context before it was stretched, where the configuration does not say; its own otherwise. */
  trainedContext?: number;
  /** The layers meant, where `rope_parameters` has one object for each type of them. */
  layerType?: string;
  /** False: the older `rope_scaling` is about other layers. */
  scaled?: boolean;
}

/**
 * Newer files have one object, `rope_parameters`; older ones `rope_theta` and the like at the top, and `rope_scaling`.
 * @throws {ModelError} where angles are made in a way that is not known, or depend on a text's length
 */
export function readRope(f: Fields, headDim: number, names: RopeNames = {}): Rope {
  const { theta = 10_000, share = 1, thetaField = 'rope_theta', shareField = 'partial_rotary_factor' } = names;
  const rope = parametersOf(f, names);
  const base = f.number(thetaField, 1, 1e9, theta);
  const part = rope?.number('partial_rotary_factor', 0, 1, share) ?? share;
  const rotary = Math.floor(headDim * (rope?.has('partial_rotary_factor') ? part : f.number(shareField, 0, 1, share)));
  if (rotary < 2 || rotary % 2 !== 0)
    refuse(message('hub.configHas.notMultiple', { field: shareField, size: rotary, of: 2 }));
  const scaling = rope && readScaling(f, rope, rotary, names.trainedContext);
  return {
    rotary,
    theta: rope?.number('rope_theta', 1, 1e9, base) ?? base,
    ...(scaling ? { scaling } : {}),
  };
}

function parametersOf(f: Fields, { layerType, scaled = true }: RopeNames): Fields | null {
  if (f.has('rope_parameters')) {
    const all = f.object('rope_parameters');
    return layerType !== undefined && all.has(layerType) ? all.object(layerType) : all;
  }
  return scaled && f.has('rope_scaling') ? f.object('rope_scaling') : null;
}

function readScaling(f: Fields, rope: Fields, rotary: number, usual?: number): RopeScaling | null {
  const type = rope.get('rope_type') ?? rope.get('type') ?? 'default';
  const factor = (fallback?: number) => rope.number('factor', 1, 1e4, fallback);
  const context = f.int('max_position_embeddings', 1, 2 ** 24, 2048);
  const field = 'original_max_position_embeddings';
  const trainedContext = () => rope.int(field, 1, 2 ** 24, f.int(field, 1, 2 ** 24, usual ?? context));
  switch (type) {
    case 'default':
      return null;
    case 'linear':
      return { kind: 'linear', factor: factor() };
    case 'llama3':
      return {
        kind: 'llama3',
        factor: factor(),
        lowFrequency: rope.number('low_freq_factor', 1e-3, 1e4),
        highFrequency: rope.number('high_freq_factor', 1e-3, 1e4),
        trainedContext: trainedContext(),
      };
    case 'yarn':
      return readYarn(rope, factor(context / trainedContext()), trainedContext());
    case 'su':
    case 'longrope': {
      const stretch = factor(Math.max(1, context / trainedContext()));
      const usual = Math.sqrt(1 + Math.log(stretch) / Math.log(Math.max(2, trainedContext())));
      return {
        kind: 'longrope',
        factors: rope.numbers('short_factor', 1e-3, 1e6, rotary / 2),
        attention: rope.number('attention_factor', 1e-3, 1e3, usual),
      };
    }
    default:
      return refuse(message('hub.configHas.scaledRope', { key: 'rope_type', type: show(type) }));
  }
}

function readYarn(rope: Fields, factor: number, trainedContext: number): RopeScaling {
  const grown = (m: number) => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
  const [own, all] = [rope.number('mscale', 0, 100, 0), rope.number('mscale_all_dim', 0, 100, 0)];
  return {
    kind: 'yarn',
    factor,
    fast: rope.number('beta_fast', 1e-3, 1e4, 32),
    slow: rope.number('beta_slow', 1e-3, 1e4, 1),
    trainedContext,
    truncate: rope.flag('truncate', true),
    attention: rope.number('attention_factor', 1e-3, 1e3, own && all ? grown(own) / grown(all) : grown(1)),
  };
}
