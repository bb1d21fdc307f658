/** Several adapters answer one prompt beside each other, token by token. */
import type { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import { Generator } from '../engine/generator';
import { promptIds, TextStream } from '../hub/tokenizer';
import type { Tokenizer } from '../shared/types';
import type { TrainRequest } from './protocol';

interface Asked extends Pick<Extract<TrainRequest, { type: 'generate' }>, 'prompt' | 'sampling'> {
  tokenizer: Tokenizer;
  /** False once nobody waits for the answers. */
  going: () => boolean;
  /** Takes the next piece of the answer of adapter `m`. */
  show: (m: number, piece: string, done: boolean) => void;
}

/**
 * @param adapters null is the base without one
 * @throws {OutOfMemoryError} where the caches of all do not fit beside one another
 */
export async function writeAnswers(
  base: BaseModel,
  adapters: readonly (AdapterRun | null)[],
  { prompt, sampling, tokenizer, going, show }: Asked,
): Promise<void> {
  if (!going()) return;
  const prompted = promptIds(tokenizer, prompt);
  // In a chat an answer ends with the first special token, whatever the model's own end is.
  const ends = (id: number) => typeof prompt !== 'string' && tokenizer.special.has(id);
  const generator = await Generator.create(base, [...adapters], prompted.length + sampling.maxNewTokens);
  const streams = adapters.map(() => new TextStream(tokenizer));
  try {
    await generator.generate(
      prompted,
      sampling,
      (m, id) => {
        show(m, streams[m].push(id), false);
        return going() && !ends(id);
      },
      (m) => show(m, streams[m].end(), true),
    );
  } finally {
    generator.free();
  }
}
