import type { Texts } from '../../en';

export const train: Texts['configure']['train'] = {
  title: '训练（所有运行共用）',
  more: '更多设置',
  help: {
    steps: '每个适配器更新的次数。',
    learningRate: '一次更新走多远；太大，损失就会突然上升。',
    batchSize: '每一步学习的样本数。',
    maxTokens: '更长的样本会被截断。',
    seed: '种子相同，曲线就相同。',
    evalEvery: '两次在留出数据上评估之间的步数。',
    evalExamples: '每次评估用多少留出样本：越多，测得的损失越稳定，但也越费时。',
    warmupSteps: '学习率在这些步内逐渐升高，避免最初几步造成损害。',
    accumulation: '更新前累加的批次数：效果等同于更大的批次，占用的内存更少。',
    clipNorm: '一个运行的梯度范数上限，超过时缩短到这个值。0 = 关闭。',
    weightDecay: '每一步都把 A 和 B 向 0 拉，无论词元是否被跳过。',
    beta1: '梯度均值保留多少过去的信息。',
    beta2: '梯度平方的均值保留多少过去的信息。',
    epsilon: '避免除以极小的梯度时数值溢出。',
    schedule: '预热之后学习率如何变化。',
    sliceShare: '训练数据中任何运行都不学习的部分。早停、最佳适配器和留出价格都以它为准。',
    keepBest: '在切片上损失最低的那一个，每次评估运行时检查。如果还没有预留切片，会留出十分之一的训练数据。',
    patience: '连续多少次评估损失没有变好就停止。',
  },
  schedule: { linear: '线性降到 0', cosine: '余弦降到 0', constant: '恒定' },
  keepBest: '以最佳适配器结束，而不是最后一个',
  patience: '不再变好时提前停止运行',
  onEvaluation:
    '早停直接由评估集决定，所以最佳损失会比在新数据上略好看：运行停在这个集合表现最好的地方。用来节省时间足够了；如果要让对比可信，请{button}。',
  warmup: (warmup, steps, rate, set) =>
    warmup === steps
      ? `预热与运行一样长（${steps} 步）：学习率到最后一步才达到 ${set}。`
      : `预热（${warmup} 步）比运行（${steps} 步）还长：学习率只达到 ${rate}，而设定的是 ${set}。`,
  atRest: (runs, rest, steps) =>
    `${runs}：它的阈值会静止 ${rest} 步，而运行只有 ${steps} 步。阈值从不移动，所以结果等同于没有门控的同一方法。`,
  setSlice: '为它留出十分之一的训练数据',
};
