/** A mistake named in the same words as its field. */
import type { AdaloraConfig, ExperimentConfig, GateConfig, Problem, RunConfig, TrainConfig } from '../../shared/config';
import { texts } from '../../shared/texts';

type Named = Exclude<
  keyof TrainConfig | keyof RunConfig | keyof GateConfig | keyof AdaloraConfig,
  'id' | 'gate' | 'adalora'
>;

/** A problem as a sentence's beginning: "TS-LoRA, Kept share: must be at most 1". */
export function describeProblem({ path, message }: Problem, { runs }: Pick<ExperimentConfig, 'runs'>): string {
  const { problem: t } = texts().configure;
  const names: Record<Named, string> = texts().configure.name;
  const isNamed = (key: string): key is Named => Object.hasOwn(names, key);
  const [part, i, ...rest] = path.split('.');
  if (part === 'train' && i !== undefined) return t.at(isNamed(i) ? names[i] : i, message);
  if (part !== 'runs' || i === undefined) return t.at(path || t.settings, message);
  const field = rest.findLast(isNamed);
  const run = runs.at(Number(i))?.name || t.run(Number(i) + 1);
  return t.at(field ? t.ofRun(run, names[field]) : run, message);
}
