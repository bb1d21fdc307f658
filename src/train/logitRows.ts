/** Logits outside of training, row by row as references and exported adapters have them. */
import type { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import { ClassReader } from '../engine/classReader';
import { Generator } from '../engine/generator';
import { tellsClasses } from '../shared/model';
import type { Sequence } from '../shared/types';

/**
 * Of a head with classes a row for each sequence; of a vocabulary one for each token of the first.
 * @param run null: the base alone
 */
export async function logitRows(
  base: BaseModel,
  run: AdapterRun | null,
  sequences: readonly Sequence[],
): Promise<Float32Array[]> {
  const longest = Math.max(...sequences.map(({ ids }) => ids.length));
  if (!tellsClasses(base.config)) {
    const generator = await Generator.create(base, [run], longest);
    const rows = generator.logits(sequences[0].ids);
    return (await rows.finally(() => generator.free()))[0];
  }
  const reader = await ClassReader.create(base, [run], longest);
  try {
    const rows: Float32Array[] = [];
    for (const sequence of sequences) rows.push((await reader.logits(sequence))[0]);
    return rows;
  } finally {
    reader.free();
  }
}
