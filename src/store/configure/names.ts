/** A mistake, and the field it is in. */
import type { SessionConfig, Problem } from '../../shared/config';
import { type Message, message } from '../../shared/message';
import { type GroupName, GROUPS, RUN_GROUPS } from '../../shared/settings';

const settingOf = (group: GroupName, key: string): Message | null =>
  Object.hasOwn(GROUPS[group], key) ? message('store.place.setting', { group, key }) : null;

/** A field of a run, by the rest of its path: `rank`, `gate.activeShare`, `only.0`. */
function fieldOf([first, second]: readonly string[]): Message | null {
  if (first === 'name' || first === 'method') return message(`store.place.${first}`);
  const group = RUN_GROUPS.find((g) => g === first);
  return group ? (second === undefined ? null : settingOf(group, second)) : settingOf('run', first);
}

/** A problem as a sentence's beginning: "TS-LoRA, Active share: must be at most 1". */
export function describeProblem({ path, message: problem }: Problem, { runs }: Pick<SessionConfig, 'runs'>): Message {
  const at = (place: Message | string) => message('store.place.at', { place, problem });
  const [part, i, ...rest] = path.split('.');
  if (part === 'train' && i !== undefined) return at(settingOf('train', i) ?? i);
  if (part !== 'runs' || i === undefined) return at(path || message('store.place.settings'));
  const field = rest.length > 0 ? fieldOf(rest) : null;
  const run = runs.at(Number(i))?.name || message('store.place.run', { n: Number(i) + 1 });
  return at(field ? message('store.place.ofRun', { run, field }) : run);
}
