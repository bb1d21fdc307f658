import type { Texts } from '../../en';
import type { forms as english } from '../../en/errors/forms';
import type { GroupName } from '../../../settings';
import type { Words } from '../../../settings/words';
import { presetReason } from '../configure/presets';
import { settings } from '../settings';
import { train } from '../train';

type Store = Texts['errors']['store'];
type Forms = Pick<Store, keyof typeof english>;
const label = ({ group, key }: { group: GroupName; key: string }) =>
  (settings[group] as Record<string, Words>)[key].label;

export const forms: Forms = {
  place: {
    at: ({ place, problem }) => `${place}：${problem}`,
    settings: '设置',
    setting: (of) => label(of),
    labelled: ({ unit, ...of }) => (unit ? settings.withUnit(label(of), settings.unit[unit]) : label(of)),
    name: train.run.name,
    method: train.run.method,
    run: ({ n }) => `运行 ${n}`,
    ofRun: ({ run, field }) => `${run}，${field}`,
  },
  draft: {
    context: ({ tokens }) => `这个模型最多读取 ${tokens} 个词元`,
    pictures: ({ tokens }) => `这个模型的每张图片有 ${tokens} 个词元`,
    noModule: ({ name, layers }) => `这个模型的 ${layers} 层（从 0 数起）中没有“${name}”`,
  },
  thriftier: {
    batch: ({ to, from }) => `批次大小 ${to}，原为 ${from}`,
    context: ({ to, from }) => `最大序列长度 ${to}，原为 ${from}`,
    rank: ({ to, from }) => `秩 ${to}，原为 ${from}`,
    together: ({ batch, context, rank }) =>
      `${batch === null ? '' : `批次大小 ${batch}，`}最大序列长度 ${context}${rank === null ? '' : `，秩 ${rank}`}`,
  },
  preset: presetReason,
  grid: {
    none: ({ label, example }) => `${label}：请至少给一个取值，例如 ${example}。`,
    many: ({ label, most }) => `${label}：最多 ${most} 个取值。`,
    number: ({ label, value }) => `${label}：“${value}”不是数字。`,
    choice: ({ label, value, known }) => `${label}：“${value}”不在 ${known} 之中。`,
    duplicate: ({ label }) => `${label}：有取值重复。`,
    same: '请选择两项不同的设置。',
    unused: ({ label }) => `所选方法都没有“${label}”这项设置。`,
    variants: ({ n, most }) => `这样会有 ${n} 个变体，最多 ${most} 个。请减少取值或方法。`,
    setting: ({ problem }) => `${problem}。`,
  },
  experiment: {
    seeds: ({ most }) => `种子数请选 1 到 ${most}。`,
    two: {
      methods: '请至少选择两种方法来比较，或让一项设置变化。',
      runs: '请至少准备两个运行来比较，或让一项设置变化。',
    },
    none: '请至少选择一种方法。',
    many: ({ n, most }) => `这样有 ${n} 个变体，一起训练的最多 ${most} 个。请减少方法或对照。`,
    oneVariant: '这样只有一个变体：请再给一个取值。',
    probe: '探测至少需要一步。',
    budget: '预算必须在 1 到 100 % 之间。',
  },
};
