/** How often trained runs write the expected answer to validation prompts, greedily. */
import { Generator } from '../engine/generator';
import { maxContext } from '../engine/model/modules';
import { type Written, exactMatch, tokenF1 } from '../shared/classification';
import { withoutEnd } from './answerTree';
import { MAX_ANSWER_TOKENS, questions } from './answers';
import type { RunId } from './protocol';
import type { Measurable } from './session';

/**
 * Of each run ('base' is the base model), over the first `limit` validation examples; null where they have no short
 * answers.
 * @param ends asked before each example: what is measured by then counts
 */
export async function measureWritten(
  { model: { base, tokenizer }, trainer, validation }: Measurable,
  runIds: readonly RunId[],
  limit: number,
  ends: () => boolean = () => false,
): Promise<Record<RunId, Written> | null> {
  // What tells classes writes nothing.
  const asked = validation.labels ? null : questions(validation, limit);
  if (!asked || asked.length === 0 || runIds.length === 0) return null;
  const answers = asked.map(({ answer }) => withoutEnd(answer, tokenizer.special));
  if (answers.some((ids) => ids.length > MAX_ANSWER_TOKENS)) return null;
  // One more than is expected, so that going on past the answer is seen.
  const room = MAX_ANSWER_TOKENS + 1;
  const most = maxContext(base.config) - room;
  const prompts = asked.map(({ prompt }) => prompt.slice(Math.max(0, prompt.length - most)));
  const generator = await Generator.create(
    base,
    runIds.map((id) => (id === 'base' ? null : trainer.run(id))),
    Math.max(...prompts.map((p) => p.length)) + room,
  );
  const sums = runIds.map(() => ({ exact: 0, f1: 0 }));
  let examples = 0;
  try {
    for (const [i, prompt] of prompts.entries()) {
      if (ends()) break;
      const expected = tokenizer.decode(answers[i]);
      const options = { seed: 0, maxNewTokens: room, temperature: 0, topP: 1 };
      const written = await generator.generate(prompt, options, (_, id) => !tokenizer.special.has(id));
      written.forEach((ids, r) => {
        const answer = tokenizer.decode(withoutEnd(Int32Array.from(ids), tokenizer.special));
        sums[r].exact += exactMatch(answer, expected) ? 1 : 0;
        sums[r].f1 += tokenF1(answer, expected);
      });
      examples++;
    }
  } finally {
    generator.free();
  }
  if (examples === 0) return null;
  return Object.fromEntries(
    runIds.map((id, r) => [id, { examples, exactMatch: sums[r].exact / examples, tokenF1: sums[r].f1 / examples }]),
  );
}
