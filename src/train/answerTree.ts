/**
 * Choosing among given answers as a language model would: their tokens as a tree, so that what answers begin with is
 * read once, behind a prompt that is read once for all of them.
 */

/** Reads text, with one key/value cache per model. */
export interface Reader {
  /**
   * Next-token logits [models][vocabulary] after `ids`, which stand at position `start` and on; what stood there is
   * replaced. `ids` are the same for all models; with `own`, one for each.
   */
  read(ids: Int32Array, start: number, own?: boolean): Promise<Float32Array[]>;
}

interface AnswerNode {
  next: Map<number, AnswerNode>;
  /** Place of the answer that ends here; −1 where none does. */
  answer: number;
}

export interface AnswerTree {
  root: AnswerNode;
  /** Answers. */
  count: number;
  /** Reads beyond the prompt that all likelihoods take. */
  reads: number;
}

const node = (): AnswerNode => ({ next: new Map(), answer: -1 });

/** Tree of token lists; null where one of them begins another or is empty, so that they do not exclude each other. */
function grown(answers: readonly ArrayLike<number>[]): AnswerTree | null {
  const root = node();
  let reads = 0;
  for (const [i, ids] of answers.entries()) {
    let at = root;
    for (let k = 0; k < ids.length; k++) {
      if (at.answer >= 0) return null;
      if (at.next.size === 0 && at !== root) reads++;
      let next = at.next.get(ids[k]);
      if (!next) at.next.set(ids[k], (next = node()));
      at = next;
    }
    if (at === root || at.next.size > 0 || at.answer >= 0) return null;
    at.answer = i;
  }
  return { root, count: answers.length, reads };
}

/** An answer without what ends it: all from its first special token on. */
export function withoutEnd(answer: Int32Array, special: Pick<ReadonlyMap<number, string>, 'has'>): Int32Array {
  const end = answer.findIndex((id) => special.has(id));
  return end < 0 ? answer : answer.subarray(0, end);
}

/**
 * The tree of some answers. What ends them is left out where they exclude each other without it: what is compared then
 * is how likely a text goes on with each of them.
 * @param special tokens of which the first ends an answer
 * @returns null where an answer begins another and nothing ends it
 */
export function answerTree(
  answers: readonly Int32Array[],
  special: Pick<ReadonlyMap<number, string>, 'has'>,
): AnswerTree | null {
  return grown(answers.map((ids) => withoutEnd(ids, special))) ?? grown(answers);
}

/** ln Σ exp. */
function logSumExp(values: ArrayLike<number>): number {
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i];
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - most);
  return most + Math.log(sum);
}

/**
 * Log-likelihood [models][answers] of every answer after a prompt, in nats: the sum over its tokens. A sum, not a mean
 * per token: the answers exclude each other, so the sums are the logarithms of their probabilities and compare as such;
 * a mean would prefer labels of many tokens of which the last follow from the first. A long label is less likely before
 * training; training teaches otherwise.
 */
export async function likelihoods(
  reader: Reader,
  models: number,
  prompt: Int32Array,
  { root, count }: AnswerTree,
): Promise<Float64Array[]> {
  const out = Array.from({ length: models }, () => new Float64Array(count));
  const visit = async (at: AnswerNode, depth: number, sums: readonly number[], logits: readonly Float32Array[]) => {
    const norms = logits.map(logSumExp);
    const below: [number, AnswerNode, number[]][] = [];
    for (const [id, child] of at.next) {
      const own = sums.map((sum, m) => sum + logits[m][id] - norms[m]);
      if (child.answer >= 0) own.forEach((sum, m) => (out[m][child.answer] = sum));
      else below.push([id, child, own]);
    }
    for (const [id, child, own] of below)
      await visit(child, depth + 1, own, await reader.read(Int32Array.of(id), prompt.length + depth));
  };
  const start = Array.from({ length: models }, () => 0);
  await visit(root, 0, start, await reader.read(prompt, 0));
  return out;
}

/** The only answer below a node; −1 where there are several. */
function onlyAnswer(at: AnswerNode): number {
  let here = at;
  while (here.answer < 0) {
    if (here.next.size > 1) return -1;
    [here] = here.next.values();
  }
  return here.answer;
}

/**
 * The answer [models] that each model writes when it takes the likeliest token that goes on with one of them, again and
 * again; −1 where its logits are no numbers.
 */
export async function constrainedGreedy(
  reader: Reader,
  models: number,
  prompt: Int32Array,
  { root }: AnswerTree,
): Promise<number[]> {
  const at: (AnswerNode | null)[] = Array.from({ length: models }, () => root);
  const ids = new Int32Array(models);
  const answer = (here: AnswerNode | null) => here && onlyAnswer(here);
  let logits = await reader.read(prompt, 0);
  for (let depth = 0; ; depth++) {
    at.forEach((here, m) => {
      if (!here || here.answer >= 0) return;
      let best = -Infinity;
      at[m] = null;
      for (const [id, child] of here.next) {
        if (!(logits[m][id] > best)) continue;
        best = logits[m][id];
        ids[m] = id;
        at[m] = child;
      }
    });
    if (at.every((here) => answer(here) !== -1)) return at.map((here) => answer(here) ?? -1);
    // A model that is through still passes, on its last token: rows must be as many for all.
    logits = await reader.read(ids, prompt.length + depth, true);
  }
}
