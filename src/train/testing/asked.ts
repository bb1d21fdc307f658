/** What exports are tested with: logits of something that a model of any family reads. */
import type { BaseModel } from '../../engine/base';
import type { Sequence } from '../../shared/types';
import type { AdapterCheck } from '../adapterCheck';
import { checkPicture } from '../checkPicture';
import type { FamilyFixture } from './family';
import { fixtureBatch, sequence } from './fixture';

/** Pictures are scaled so: otherwise than by default, and each channel otherwise. */
const FORMAT = { resample: 2, scale: [0.01, 0.02, 0.015], shift: [-1, -2, -1.5] };

export interface Asked {
  given: Sequence;
  /** How check.json has it. */
  written: Pick<AdapterCheck, 'ids' | 'picture'>;
}

/** A sequence of the fixture, or for a model that reads pictures a drawn one. */
export function askedOf(f: FamilyFixture, { config }: BaseModel): Asked {
  const { patches } = config.embedding;
  if (!patches) {
    const { ids } = sequence(fixtureBatch(f, 'batch0'), 2);
    return { given: { ids }, written: { ids: [...ids] } };
  }
  const { sequence: given, written } = checkPicture({ ...FORMAT, ...patches });
  return { given, written: { ids: [...given.ids], picture: written } };
}
