import type { Texts } from '../../en';

export const settings: Texts['compare']['settings'] = {
  differ: '不同的设置',
  same: '这些运行的设置完全相同，包括种子。',
  setting: '设置',
  notApplying: '不适用',
  help: '其余设置都相同。词元门控的设置只在有门控的运行之间比较。',
  model: '模型',
  data: '数据',
  unknown: '未知',
  promptTemplate: '提示词模板',
  completionTemplate: '续写模板',
  chatTemplate: '对话模板',
  own: (name) => `模型自带（${name}）`,
  none: '无',
  automatic: '自动',
  yes: '是',
  no: '否',
  off: '关闭',
  run: {
    method: '方法', rank: '秩', alpha: 'Alpha', rslora: '按 √秩 缩放（rsLoRA）', loraPlusRatio: 'B 与 A 的学习率之比（LoRA+）',
    dropout: 'Dropout', learningRate: '自己的学习率', modules: '带适配器的模块', only: '仅限这些模块',
  },
  gate: {
    rule: '移动 τ 的规则', lambdaBar: '保留一个词元的价格 λ̄', tauStep: 'τ 的步长', tauWarmup: 'τ 移动之前的步数',
    rhoPer: 'τ 的步长依据', eta: '近端步 η', target: '目标跳过占比', targetPer: '目标适用于',
    prices: '价格来自', pricesEvery: '留出价格的间隔步数', keep: '保留占比', follows: '保留数量跟随的运行',
  },
  adalora: {
    initRank: '起始秩', tinit: '剪枝之前的步数', tfinal: '保持最终秩的最后步数', deltaT: '剪枝的间隔步数',
    beta1: '敏感度的平滑系数', beta2: '不确定性的平滑系数', orthRegWeight: '正交正则的权重',
  },
  train: {
    seed: '种子', steps: '步数', learningRate: '学习率', warmupSteps: '预热步数', schedule: '学习率调度',
    beta1: 'Adam β1', beta2: 'Adam β2', epsilon: 'Adam ε', weightDecay: '权重衰减', clipNorm: '梯度裁剪的范数上限',
    batchSize: '批次大小（序列数）', accumulation: '每次更新累积的批次数', maxTokens: '上下文长度（词元数）',
    evalEvery: '评估的间隔步数', evalExamples: '评估样例数', sliceShare: '从训练数据中划出的切片占比',
    keepBest: '以最佳适配器结束', patience: '早停前允许的无改善评估次数',
  },
  unset: {
    'train.patience': '从不', 'run.learningRate': '与所有运行相同', 'run.only': '每一层', 'run.gate.target': '由规则决定', 'run.gate.follows': '无',
  },
  value: {
    'train.schedule': { constant: '常数', linear: '线性', cosine: '余弦' },
    'run.gate.rule': { reconstructed: '重建规则', literal: '重建规则（字面常数）', exact: '精确步', averaged: '平均价格', quantile: '分位数', random: '随机', oracle: '按符号（先知）' },
    'run.gate.rhoPer': { run: '运行', module: '模块' },
    'run.gate.targetPer': { run: '运行', module: '模块' },
    'run.gate.prices': { own: '自己的批次', 'held-out': '留出' },
  },
};
