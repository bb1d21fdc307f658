/** What is looked at before a worker is asked: the form, pasted text. */
import { type SessionConfig, type Problem, sessionProblems } from '../shared/config';
import { ConfigError, SieveError } from '../shared/errors';
import { message } from '../shared/message';
import { type ModelDescription, unknownTarget } from '../shared/model';
import type { Sampling } from '../train/protocol';
import { type State, isLive } from './slices';

/** A name that tells the parser what pasted text looks like. */
export function pastedName(text: string): string {
  const start = text.trimStart();
  if (start.startsWith('[')) return 'pasted.json';
  if (start.startsWith('{')) return 'pasted.jsonl';
  const first = start.slice(0, start.indexOf('\n') < 0 ? undefined : start.indexOf('\n'));
  const second = start.slice(first.length + 1).split('\n', 1)[0] ?? '';
  const tabs = (s: string) => s.split('\t').length;
  if (tabs(first) > 1 && tabs(first) === tabs(second)) return 'pasted.tsv';
  if (/^[\w" -]+(,[\w" -]+)+$/.test(first.trim())) return 'pasted.csv';
  return 'pasted.txt';
}

/** What is wrong with the draft, field by field; a model that is open bounds the context and the modules. */
export function draftProblems(
  draft: SessionConfig,
  model: Pick<ModelDescription, 'context' | 'embedding' | 'layers'> | undefined,
): Problem[] {
  const problems = sessionProblems(draft);
  if (problems.length > 0 || !model) return problems;
  if (draft.train.maxSequenceLength > model.context)
    problems.push({
      path: 'train.maxSequenceLength',
      message: message('store.draft.context', { tokens: model.context }),
    });
  if (model.embedding.patches && draft.train.maxSequenceLength < model.context)
    problems.push({
      path: 'train.maxSequenceLength',
      message: message('store.draft.pictures', { tokens: model.context }),
    });
  draft.runs.forEach((run, i) => {
    const { layers } = model;
    const unknown = unknownTarget(model, run);
    if (unknown !== undefined)
      problems.push({
        path: `runs.${i}.${run.only ? 'only' : 'modules'}`,
        message: message('store.draft.noModule', { name: unknown, layers: layers.length }),
      });
  });
  return problems;
}

/** What is wrong with the sampling settings, or null. */
export function samplingProblem(s: Sampling): ConfigError | null {
  if (!Number.isInteger(s.seed) || s.seed < 0 || s.seed > 0xffffffff)
    return new ConfigError(message('store.sampling.seed'));
  if (!Number.isInteger(s.maxNewTokens) || s.maxNewTokens < 1 || s.maxNewTokens > 4096)
    return new ConfigError(message('store.sampling.length'));
  if (!(s.temperature >= 0 && s.temperature <= 10)) return new ConfigError(message('store.sampling.temperature'));
  if (!(s.topP > 0 && s.topP <= 1)) return new ConfigError(message('store.sampling.topP'));
  return null;
}

/**
 * One thing trains at a time. @throws {SieveError} when a run or an experiment is under way, the time between two
 * sessions of it included
 */
export function refuseTwo({ runs, experiments, keep }: State): void {
  if (experiments.running !== null) throw new SieveError(message('store.busy.experiment'));
  if (isLive(runs.phase)) throw new SieveError(message('store.busy.run'));
  if (keep.resuming) throw new SieveError(message('store.busy.resuming'));
}
