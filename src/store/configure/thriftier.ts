/** Ways to need less memory, mildest first: what the page offers where a plan does not fit. Pure. */
import { type SessionConfig, withFirstRanks } from '../../shared/config';
import { type Message, message } from '../../shared/message';

export interface Thriftier {
  /** What would change, for a button. */
  label: Message;
  draft: SessionConfig;
}

const halves = (from: number, least: number): number[] => {
  const all: number[] = [];
  for (let n = Math.floor(from / 2); n >= least; n = Math.floor(n / 2)) all.push(n);
  return all;
};

/**
 * First smaller batches that are added up, which give the same updates; then shorter texts; then narrower adapters;
 * then all three. (Recomputing layers is no choice here: the plan does it by itself before it gives up.)
 */
export function thriftier(draft: SessionConfig): Thriftier[] {
  const { train } = draft;
  const whole = train.batchSize * train.gradientAccumulationSteps;
  const batch = (d: SessionConfig, batchSize: number): SessionConfig => ({
    ...d,
    train: { ...d.train, batchSize, gradientAccumulationSteps: Math.min(256, Math.ceil(whole / batchSize)) },
  });
  const tokens = (d: SessionConfig, maxSequenceLength: number): SessionConfig => ({
    ...d,
    train: { ...d.train, maxSequenceLength },
  });
  const width = (d: SessionConfig, rank: number): SessionConfig => ({
    ...d,
    runs: d.runs.map((r) =>
      r.rank > rank
        ? {
            ...r,
            rank,
            alpha: (r.alpha * rank) / r.rank,
            ...withFirstRanks(r, rank, (set) => Math.min(set, Math.ceil(rank * 1.5))),
          }
        : r,
    ),
  });
  const widest = Math.max(...draft.runs.map((r) => r.rank));
  const batches = halves(train.batchSize, 1);
  const lengths = halves(train.maxSequenceLength, 16);
  const batchOf = (d: SessionConfig) => `${d.train.batchSize} × ${d.train.gradientAccumulationSteps}`;
  const least = batches.at(-1) ?? train.batchSize;
  const small = least < train.batchSize ? batch(draft, least) : draft;
  const smaller = small === draft ? null : batchOf(small);
  const together = (context: number, rank: number | null) =>
    message('store.thriftier.together', { batch: smaller, context, rank });
  return [
    ...batches.map((n) => {
      const d = batch(draft, n);
      return { label: message('store.thriftier.batch', { to: batchOf(d), from: batchOf(draft) }), draft: d };
    }),
    ...lengths.map((n) => ({
      label: message('store.thriftier.context', { to: n, from: train.maxSequenceLength }),
      draft: tokens(draft, n),
    })),
    ...halves(widest, 1).map((n) => ({
      label: message('store.thriftier.rank', { to: n, from: widest }),
      draft: width(draft, n),
    })),
    ...(smaller ? lengths.map((n) => ({ label: together(n, null), draft: tokens(small, n) })) : []),
    ...(lengths.length > 0 && widest > 1
      ? [{ label: together(lengths.at(-1)!, 1), draft: width(tokens(small, lengths.at(-1)!), 1) }]
      : []),
  ];
}
