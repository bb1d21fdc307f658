import type { Texts } from '../../en';

export const gate: Texts['configure']['gate'] = {
  title: '词元门控',
  of: (run) => `${run} 的门控`,
  more: '门控的更多设置',
  rule: {
    reconstructed: {
      name: '学习阈值（重建规则）',
      help: '每层的阈值 τ 学习跳过哪些较小的更新。移动它的规则是根据二手资料重建的，不是论文作者的代码。',
    },
    literal: {
      name: '学习阈值（重建规则，照搬常数）',
      help: '同一规则，但先把求和乘以步长，正如论文中的常数所假定的；适合很长的运行。',
    },
    exact: { name: '精确步，单个批次', help: '把 τ 放在一个批次的价格显示损失最低的地方；它会随批次来回跳动。' },
    averaged: { name: '精确步，平均价格', help: '做法相同，但使用多个批次的平均价格，τ 的移动更平稳。' },
    quantile: { name: '按大小保留固定占比', help: '保留每个批次中最大的更新，占比始终相同；不学习任何东西。' },
    random: { name: '随机词元（对照）', help: '由种子随机抽取要保留的词元。有价值的门控必须在相同占比下胜过它。' },
    oracle: { name: '按符号（对照）', help: '恰好跳过那些更新会让这个批次损失上升的词元，需要多算一遍。只用于训练。' },
  },
  keepLargest: '每个批次和每一层中相对更新最大的词元。',
  keepRandom: '每个批次和每一层的占比都相同。',
  follow: {
    nobody: '不跟随：固定占比',
    run: (run) => `${run}：数量相同，随机抽取`,
    gone: (id) => `${id}（不在上方）`,
    none: '可以跟随排在它上方的带门控的运行，但现在没有。',
    help: '在每一步、每一层保留与那个运行数量相同的词元，因此区别只在于选了哪些。',
  },
  target: '引导到指定的跳过占比',
  targetOff: '否则由规则自己找到占比。',
  targetHelp: '占全部词元的比例；运行到一半时达到，之后保持。',
  targetPer: { run: '整个运行：各层可以不同', module: '每个模块都一样' },
  targetPerHelp: '是每一层都要达到，还是只要求平均值达到。',
  lambdaBar: (tokens, lambda, known) =>
    `越高，跳过越多；0 到 0.5 较为有用，小于 0 则跳过更少。它与一步的平均损失相比较，所以这一步的${known ? '' : '约'} ${tokens} 个词元，每个的 λ 是 λ̄ / ${tokens} = ${lambda}。`,
  etaAuto: 'τ 的步长不设上限',
  eta: 'η 越小，τ 越贴近原来的位置。',
  tauStepAuto: 'τ 的步长由运行自动确定',
  tauStepFound: '使一直上升的 τ 在运行到三分之一时越过更新的中位数。',
  tauStep: '一个 N 步的运行最多把 τ 移动约 N 倍于此的距离。',
  rhoPer: { run: '整个运行：所有模块用同一步长', module: '各模块自己的更新' },
  rhoPerHelp: '各用各的步长会让模块趋于一致，占比就不太能说明模块的重要性。',
  tauWarmupAuto: 'τ 等到预热结束',
  tauWarmup: '在更新还是零的时候，上升的 τ 会把所有门永远关上。',
  late: (waits, steps) => `τ 永远不会移动：它要等 ${waits} 步，而运行只有 ${steps} 步。`,
  prices: { own: '刚刚学过的批次', 'held-out': '任何运行都不学习的切片' },
  pricesHelp:
    '用什么来判断一个词元的更新是否有益。对自己的批次来说，几乎所有更新都有益；没有见过的词元才能说明哪些更新可以推广。',
  pricesEvery: '每次要在切片的一个批次上多算一遍。',
  noSlice: '还没有预留切片。{button}',
  setSlice: '留出十分之一的训练数据',
  paper: '采用论文的常数',
  paperHelp: (n) =>
    `论文中每个词元的 λ = ${n.lambda}，乘以每步约 ${n.tokens} 个词元，在这里就是 λ̄ = ${n.lambdaBar}；τ 的步长是 ${n.tauStep}，适合约 10 000 步的运行。这个运行有 ${n.steps} 步：τ 最多达到 ${n.reach}。`,
};
