/** A mistake named in the same words as its field. */
import type { ExperimentConfig, Problem } from '../../shared/config';
import { type GroupName, GROUPS, RUN_GROUPS } from '../../shared/settings';
import { texts } from '../../shared/texts';
import { wordsOf } from '../../shared/texts/settingWords';

const labelOf = (group: GroupName, key: string): string | null =>
  Object.hasOwn(GROUPS[group].settings, key) ? wordsOf({ group, key }).label : null;

/** What a field of a run is called, by the rest of its path: `rank`, `gate.keep`, `only.0`. */
function fieldOf([first, second]: readonly string[]): string | null {
  const { name, method } = texts().train.run;
  if (first === 'name') return name;
  if (first === 'method') return method;
  const group = RUN_GROUPS.find((g) => g === first);
  return group ? (second === undefined ? null : labelOf(group, second)) : labelOf('run', first);
}

/** A problem as a sentence's beginning: "TS-LoRA, Active share: must be at most 1". */
export function describeProblem({ path, message }: Problem, { runs }: Pick<ExperimentConfig, 'runs'>): string {
  const { problem: t } = texts().configure;
  const [part, i, ...rest] = path.split('.');
  if (part === 'train' && i !== undefined) return t.at(labelOf('train', i) ?? i, message);
  if (part !== 'runs' || i === undefined) return t.at(path || t.settings, message);
  const field = rest.length > 0 ? fieldOf(rest) : null;
  const run = runs.at(Number(i))?.name || t.run(Number(i) + 1);
  return t.at(field ? t.ofRun(run, field) : run, message);
}
