import { kindLabel } from '../../settings/names';
import type { Texts } from '../en';

export const inspect: Texts['inspect'] = {
  noGates: '这个会话中没有带词元门控的运行。请在“{configure}”中添加一个 TS-LoRA 运行。',
  run: '运行',
  stillOpen: (step) => `尚未跳过任何词元：阈值 τ 在第 ${step} 步之后开始变化。`,
  module: '模块',
  source: '词元来自',
  ofStep: '最近一个训练步',
  ofEval: '最近一次评估',
  notMeasured: '验证集（尚未评估）',
  watch: {
    text: '要观察的文本',
    nowExample: '当前：第一个验证样本。',
    nowOwn: '当前：你的文本。',
    use: '观察这段文本',
    back: '回到验证样本',
  },
  shares: {
    title: '跳过占比随时间的变化',
    over: '跳过占比随步数的变化',
    axis: '跳过',
    layer: '层',
    module: '模块',
    now: '当前跳过',
    grouping: '折线分组',
    byModule: '按模块',
    byLayer: '按层',
  },
  overTime: {
    title: (layer, kind) => `第 ${layer} 层 ${kindLabel(kind)} 随时间的变化`,
    skipped: '跳过',
    tau: 'τ',
    tauAxis: '阈值 τ',
    skippedOf: (module) => `${module} 的跳过占比`,
    tauOf: (module) => `${module} 的阈值`,
    what: '上图是该模块在每个训练批次中跳过的词元占比；下图是它的阈值 τ。当 τ 比更新增长得更快时，跳过的词元就更多。',
    whatShare: '该模块在每个训练批次中跳过的词元占比。这种门控不学习阈值。',
    now: ({ step, module, share, tau, most }) =>
      `在第 ${step} 步，${module} 跳过 ${share}${tau ? `，τ 为 ${tau}` : ''}；它最多跳过 ${most}。`,
  },
  table: {
    summary: (cut) => `所有模块：${cut ? `${cut}、` : ''}激活占比与门控梯度 μ`,
    help: '门控梯度 μ：小于 0 表示多应用一点该词元的更新会降低损失。激活词元的 μ 在应用其更新时测得，跳过词元的 μ 在不应用时测得：两列不能相互比较，只能各自与随机门控的同一列比较。',
    label: '所有模块',
    module: '模块',
    active: '激活',
    skipped: '跳过',
    muActive: '平均 μ，激活',
    muSkipped: '平均 μ，跳过',
  },
};
