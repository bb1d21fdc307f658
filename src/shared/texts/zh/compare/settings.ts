import type { Texts } from '../../en';

export const settings: Texts['compare']['settings'] = {
  differ: '配置差异',
  same: '这些运行的设置完全相同，包括种子。',
  setting: '设置',
  notApplying: '不适用',
  help: '其余设置都相同。每项设置只在适用它的运行之间比较。',
  model: '模型',
  data: '数据',
  unknown: '未知',
  promptTemplate: '提示词模板',
  completionTemplate: '续写模板',
  chatTemplate: '对话模板',
  own: (name) => `模型自带（${name}）`,
  none: '无',
};
