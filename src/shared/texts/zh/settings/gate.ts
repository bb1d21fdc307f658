import type { Texts } from '../../en';

export const gate: Texts['settings']['gate'] = {
  rule: {
    label: '门控规则',
    help: '门控如何决定跳过哪些词元。',
    options: {
      reconstructed: '学习阈值（重建规则）',
      literal: '学习阈值（照搬常数）',
      exact: '精确步，单个批次',
      averaged: '精确步，平均 μ',
      soft: '软阈值（组套索）',
      quantile: '按大小取固定占比',
      late: '后期门控，带常量',
      random: '随机词元（对照）',
      coin: '阈值来自硬币（对照）',
      oracle: '按符号（对照）',
    },
  },
  targetSparsity: {
    label: '目标稀疏度',
    tick: '保持目标稀疏度',
    off: '由规则决定',
    help: '要跳过的词元占比：运行到一半时达到，之后保持。否则由规则自己找到占比。',
  },
  targetPer: {
    label: '目标稀疏度适用于',
    help: '是每个模块都要达到，还是只要求平均值达到。',
    options: { run: '整个运行', module: '每个模块' },
  },
  sparsityPenalty: {
    label: '稀疏惩罚 λ̄',
    short: 'λ̄',
    help: '激活的更新要付出多少：在 τ 按门控梯度 μ 移动之前，先把 λ 加到 μ 上。大于 0 时它把 τ 推高，跳过更多；小于 0 时把 τ 推低。用软阈值时，它是词元更新上组套索的权重。',
  },
  follows: {
    label: '激活词元数与此相同',
    off: '无',
    help: '在每一步、每个模块，激活的词元数与那个运行相同，因此区别只在于选了哪些。',
  },
  activeShare: { label: '激活占比', help: '每个批次和每个模块中应用更新的词元占比。' },
  gateStart: {
    label: '门控开始于',
    help: '所有词元都激活的步数占比。之后跳过的占比逐渐增大，在从那里到结束的一半时达到全部。早停和最佳检查点从那时起才算。',
  },
  eta: {
    label: '近端步长 η',
    tick: '不用近端项（η = ∞）',
    off: '不用近端项',
    help: '每一步 τ 要付出（变化量）² / 2η：η 越小，τ 越贴近原来的位置。没有这一项时，τ 会跳到每个批次的最小值。',
  },
  tauLearningRate: {
    label: 'τ 学习率',
    tick: '自动决定 τ 学习率',
    off: '自动',
    help: 'τ 每一步移动的距离。自动：一直上升的 τ 在运行到三分之一时越过更新的中位数。',
  },
  rhoPer: {
    label: '自动 τ 学习率适用于',
    help: '取自整个运行的 r 中位数，或每个模块各自的：共用一个时，无论模块中的 r 多大，每个 τ 每步移动的距离都相同。',
    options: { run: '整个运行', module: '每个模块' },
  },
  tauWarmup: {
    label: 'τ 预热',
    tick: 'τ 等到学习率预热结束',
    off: '学习率预热',
    help: '在更新还是零的时候，上升的 τ 会让所有词元永远被跳过。',
  },
  gradientFrom: {
    label: '门控梯度 μ 取自',
    help: '小数据集反复训练时，LoRA 的更新在训练它的批次上比在新批次上更常有益。A 和 B 从不在开发集上训练。',
    options: { train: '训练批次', dev: '开发集' },
  },
  gradientInterval: { label: '门控梯度间隔', help: '每次要在开发集的一个批次上多算一遍。' },
};
