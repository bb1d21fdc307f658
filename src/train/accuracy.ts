/** How often trained runs answer validation prompts right: by the likelihood of every candidate, and by writing. */
import { toBatch } from '../data/batches';
import { Generator } from '../engine/generator';
import type { Accuracy } from '../shared/experiment';
import type { TokenSet } from '../shared/types';
import { MAX_ANSWER_TOKENS, type Question, candidates, questions } from './answers';
import type { RunId } from './protocol';
import type { Measurable } from './session';

/** Of each run ('base' is the untouched model); null for all where the data has no short answers. */
export async function measureAccuracy(
  session: Measurable,
  runIds: readonly RunId[],
  examples: number,
): Promise<Record<RunId, Accuracy | null>> {
  const asked = questions(session.validation, examples);
  const labels = asked && candidates([session.data.set, session.validation]);
  const short = asked?.every((q) => q.answer.length <= MAX_ANSWER_TOKENS);
  if (!asked || asked.length === 0 || (!labels && !short)) return Object.fromEntries(runIds.map((id) => [id, null]));
  const likelihood = labels && (await byLikelihood(session, runIds, asked, labels));
  const generated = short ? await byWriting(session, runIds, asked) : null;
  return Object.fromEntries(
    runIds.map((id, i) => [
      id,
      {
        examples: asked.length,
        candidates: labels?.length ?? null,
        likelihood: likelihood ? likelihood[i] / asked.length : null,
        generated: generated ? generated[i] / asked.length : null,
      },
    ]),
  );
}

const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((x, i) => x === b[i]);

/** Every question with every label behind it, cut from the left to what a pass holds; a label's tokens are supervised. */
function variants(asked: readonly Question[], labels: readonly Int32Array[], most: number): TokenSet {
  const texts = asked.flatMap(({ prompt }) =>
    labels.map((label) => [...prompt.slice(Math.max(0, prompt.length + label.length - most)), ...label]),
  );
  const offsets = Uint32Array.from([0, ...texts]);
  texts.forEach((t, i) => {
    offsets[i + 1] = offsets[i] + t.length;
  });
  const supervised = new Uint8Array(offsets[texts.length]);
  texts.forEach((_, i) => supervised.fill(1, offsets[i + 1] - labels[i % labels.length].length, offsets[i + 1]));
  return { ids: Int32Array.from(texts.flat()), offsets, supervised };
}

/** Questions per run whose right answer is the likeliest of all labels: the highest sum of log probabilities. */
async function byLikelihood(
  { trainer, batchSize }: Measurable,
  runIds: readonly RunId[],
  asked: readonly Question[],
  labels: readonly Int32Array[],
): Promise<number[]> {
  const { rows } = trainer.capacity;
  const set = variants(asked, labels, Math.floor(rows / batchSize));
  const count = asked.length * labels.length;
  // loss[run][variant]
  const losses = runIds.map(() => new Float64Array(count));
  for (let at = 0; at < count; at += batchSize) {
    const these = Array.from({ length: Math.min(batchSize, count - at) }, (_, i) => at + i);
    const found = await trainer.targetLosses(
      runIds.map((id) => (id === 'base' ? null : id)),
      toBatch(set, these),
    );
    found.forEach((own, r) => {
      let next = 0;
      for (const v of these) for (let k = 0; k < labels[v % labels.length].length; k++) losses[r][v] += own[next++];
    });
  }
  return losses.map(
    (own) =>
      asked.filter(({ answer }, q) => {
        const mine = own.subarray(q * labels.length, (q + 1) * labels.length);
        return same(labels[mine.indexOf(Math.min(...mine))], answer);
      }).length,
  );
}

/** Questions per run that greedy writing answers exactly; what stands behind the answer's end does not count. */
async function byWriting(
  { model, trainer }: Measurable,
  runIds: readonly RunId[],
  asked: readonly Question[],
): Promise<number[]> {
  const { base } = model;
  const eos = new Set(base.config.eosIds);
  const length = Math.max(...asked.map((q) => q.prompt.length + q.answer.length)) + 1;
  const generator = await Generator.create(
    base,
    runIds.map((id) => (id === 'base' ? null : trainer.run(id))),
    length,
  );
  const right = runIds.map(() => 0);
  try {
    for (const { prompt, answer } of asked) {
      const wanted = eos.has(answer.at(-1)!) ? answer.slice(0, -1) : answer;
      // One more than wanted, so that going on past the answer is seen.
      const room = wanted.length + (wanted.length < answer.length ? 1 : 0);
      const written = await generator.generate(
        prompt,
        { seed: 0, maxNewTokens: Math.max(1, room), temperature: 0, topP: 1 },
        () => true,
      );
      written.forEach((out, r) => {
        if (same(out, wanted)) right[r]++;
      });
    }
  } finally {
    generator.free();
  }
  return right;
}
