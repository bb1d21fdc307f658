import type { Texts } from '../../en';

export const run: Texts['settings']['run'] = {
  rank: { label: '秩', help: '适配器的宽度。秩越高，能学的越多。AdaLoRA 结束时各模块的平均秩等于它。' },
  alpha: { label: 'Alpha', help: '更新按 alpha / 秩 缩放（AdaLoRA：alpha / 初始秩）。' },
  modules: { label: '目标模块', help: '每个块中带适配器的层。' },
  only: { label: '单个模块', off: '未使用', help: '逐块指定模块，代替目标模块。' },
  loraPlusRatio: { label: 'LoRA+ 比率', help: 'B 与 A 的学习率之比；1 = 相同。' },
  dropout: {
    label: 'Dropout',
    help: '随机置为 0 的适配器输入占比。由种子决定，所有运行都相同。不能与 DoRA 同用。训练时门控看到的 r 带 dropout，评估时不带：τ 学习时所见的分布与评估时略有不同。',
  },
  tokenDropout: {
    label: '词元 dropout',
    help: '训练的每一步、每个模块中随机不应用更新的词元占比；其余词元的更新相应放大。评估时每个词元都得到更新，因此适配器仍是普通的，可以合并。不能与 DoRA 同用。',
  },
  learningRate: {
    label: '这个运行的学习率',
    short: '学习率',
    tick: '单独的学习率',
    off: '共用',
    help: '不同方法适合的学习率不同。请让每种方法都在最佳状态下比较。',
  },
  rslora: { label: 'rsLoRA 缩放', help: '按 alpha / √秩 而不是 alpha / 秩 缩放：用意是让秩较高时不会学得太慢。' },
  shrink: {
    label: '训练后收缩',
    help: '在开发集上做一次线搜索，为整个适配器找一个不大于 1 的缩放系数，并以更小的 alpha 导出，因此 LoRA 和 DoRA 仍可合并。请把带门控的运行与收缩后的 LoRA 相比：两者都让适配器变小。',
  },
};

export const adalora: Texts['settings']['adalora'] = {
  initRank: { label: '初始秩', help: '每个模块开始时的秩。' },
  deltaT: { label: '剪枝间隔', help: '两次剪枝之间的步数。' },
  orthRegWeight: { label: '正交权重', help: '在多大程度上让两个因子保持正交。' },
  beta1: { label: '灵敏度 β1', help: '灵敏度的衰减率：越大，记得越久。' },
  beta2: { label: '不确定性 β2', help: '灵敏度不确定性的衰减率：越大，记得越久。' },
  tinit: {
    label: '剪枝开始前',
    tick: '自动决定何时开始剪枝',
    off: '自动',
    help: '它需要几步才能看出什么重要。自动：运行的十分之一。',
  },
  tfinal: {
    label: '最后阶段',
    tick: '自动决定最后阶段',
    off: '自动',
    help: '最后继续训练，不再剪枝。自动：运行的最后三分之一。',
  },
};

export const gatera: Texts['settings']['gatera'] = {
  entropyWeight: {
    label: '门熵权重',
    help: '门的平均熵在损失中的权重：越高，每个门越靠近 0 或 1。显示的损失不包含它。',
  },
};
