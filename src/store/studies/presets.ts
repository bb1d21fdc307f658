/** What a person may start from: two experiments, filled in with the settings under Configure. */
import { METHOD_NAMES, type MethodName, type RunConfig, type TrainConfig, gateSchema, isGated, runSchema, trainSchema } from '../../shared/config';
import { type Importance, RANKINGS, type Study } from '../../shared/study';

export type StudyKind = 'compare' | 'importance';

/** The form as it is filled in. */
export interface StudyDraft {
  kind: StudyKind;
  methods: MethodName[];
  seeds: number;
  /** Ends every run with the adapter that was best on a slice of the training set, a tenth of it. */
  keepBest: boolean;
  probeSteps: number;
  /** Share of all modules' parameters that each ranking may spend. */
  share: number;
}

export const START_DRAFT: StudyDraft = {
  kind: 'compare', methods: ['lora', 'dora', 'ts-lora'], seeds: 3, keepBest: false, probeSteps: 30, share: 0.25,
};

export const MAX_SEEDS = 20;

/** What is wrong with the form, in words; null where it can be started. */
export function studyProblem(draft: StudyDraft): string | null {
  if (!Number.isInteger(draft.seeds) || draft.seeds < 1 || draft.seeds > MAX_SEEDS) return `Choose 1 to ${MAX_SEEDS} seeds.`;
  if (draft.kind === 'compare') return draft.methods.length < 2 ? 'Choose at least two methods to compare.' : null;
  if (!Number.isInteger(draft.probeSteps) || draft.probeSteps < 1) return 'The probe needs at least one step.';
  return draft.share >= 0.01 && draft.share <= 1 ? null : 'The budget must lie between 1 and 100 %.';
}

/** The adapter that all arms share: rank, alpha and modules of the first run under Configure. */
function arm(like: RunConfig, id: string, name: string, method: MethodName, gate: RunConfig['gate']): RunConfig {
  const { rank, alpha, modules, rslora, loraPlusRatio, dropout } = like;
  return runSchema.parse({ id, name, method, rank, alpha, modules, rslora, loraPlusRatio, dropout, gate });
}

/**
 * Settings of a study from the form and what is set under Configure: training, adapter, and the gate of the first run
 * that has one. Seeds count up from the one under Configure.
 */
export function settingsOf(draft: StudyDraft, train: TrainConfig, runs: readonly RunConfig[]): Pick<Study, 'name' | 'train' | 'seeds' | 'arms' | 'importance'> {
  const gate = { ...(runs.find(isGated)?.gate ?? gateSchema.parse({})), follows: null };
  const seeds = Array.from({ length: draft.seeds }, (_, i) => (train.seed + i) % 2 ** 32);
  const best = draft.keepBest ? { keepBest: true, sliceShare: Math.max(train.sliceShare, 0.1) } : {};
  const over = `over ${draft.seeds} ${draft.seeds === 1 ? 'seed' : 'seeds'}`;
  if (draft.kind === 'compare') {
    const arms = draft.methods.map((method) => arm(runs[0], method, METHOD_NAMES[method], method, gate));
    return { name: `${arms.map((a) => a.name).join(' / ')} ${over}`, train: trainSchema.parse({ ...train, ...best }), seeds, arms, importance: null };
  }
  const importance: Importance = { probeSteps: draft.probeSteps, share: draft.share, rankings: [...RANKINGS], all: true };
  return { name: `Which modules matter? ${over}`, train: trainSchema.parse({ ...train, ...best }), seeds, arms: [arm(runs[0], 'lora', 'LoRA', 'lora', gate)], importance };
}
