import type { Texts } from '../../en';

export const gate: Texts['configure']['gate'] = {
  title: '词元门控',
  of: (run) => `${run} 的门控`,
  more: '门控的更多设置',
  rule: {
    reconstructed: '每个模块的阈值 τ 学习跳过哪些较小的更新。移动它的规则是根据二手资料重建的，不是论文作者的代码。',
    literal: '同一规则，但先把求和乘以 τ 学习率，正如论文中的常数所假定的。适合很长的运行。',
    exact: '把 τ 移到单个批次的 μ 显示损失最低的地方。它会随批次来回跳动。',
    averaged: '做法相同，但使用多个批次的平均 μ，τ 的移动更平稳。',
    soft: '激活的更新收缩到自身的 max(0, 1 − τ/r)，因此输出在 τ 处没有跳变。τ 像 A 和 B 一样按自己的梯度训练；稀疏惩罚 λ 是词元更新上组套索的权重。被跳过的词元没有梯度：完全关闭的模块会一直关闭。',
    quantile: '相对更新 r 最大的词元保持激活，占比始终相同。不学习任何东西。',
    random: '由种子随机抽取激活的词元。有价值的门控必须在相同稀疏度下胜过它。',
    coin: '重建规则，但每个门控梯度 μ 的符号由种子抛硬币决定：这样学习的阈值没有依据。学习的阈值若确实得益于 μ，就必须胜过它。',
    oracle: '恰好跳过那些更新会让这个批次损失上升的词元，需要多算一遍。只用于训练。',
  },
  follow: {
    nobody: '不跟随：固定占比',
    run: (run) => `${run}：数量相同，随机抽取`,
    gone: (id) => `${id}（不在上方）`,
    none: '只能选择排在它上方的带门控的运行，但现在没有。',
  },
  lambda: (tokens, lambda, known) => `λ = λ̄ / 词元数 = ${lambda}（每步${known ? '' : '约'} ${tokens} 个词元）。`,
  late: (waits, steps) => `τ 永远不会移动：它要等 ${waits} 步，而运行只有 ${steps} 步。`,
  noDev: '还没有开发集。{button}',
  setDev: '划出 10 % 的训练集',
  paper: '采用论文的常数',
  paperHelp: (n) =>
    `论文中每个词元的 λ = ${n.lambda}，乘以每步约 ${n.tokens} 个词元，在这里就是 λ̄ = ${n.sparsityPenalty}。τ 学习率是 ${n.tauLearningRate}，适合约 10 000 步的运行。这个运行有 ${n.steps} 步：τ 最多达到 ${n.reach}。`,
};
