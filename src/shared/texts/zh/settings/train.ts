import type { Texts } from '../../en';

export const train: Texts['settings']['train'] = {
  steps: { label: '步数', help: '每个运行的优化器步数。' },
  learningRate: { label: '学习率', help: '一次更新的大小。太大时损失会突然上升。' },
  batchSize: { label: '批次大小', help: '每次前向和反向计算的序列数。' },
  maxSequenceLength: { label: '最大序列长度', help: '更长的样本会被截断。' },
  seed: { label: '种子', help: '种子相同，曲线就相同。' },
  evalInterval: { label: '评估间隔', help: '两次在验证集上评估之间的步数。' },
  patience: {
    label: '耐心值',
    tick: '早停',
    off: '关闭',
    help: '连续这么多次评估损失没有降低，就停止这个运行。',
  },
  taskType: {
    label: '任务类型',
    help: '生成文本的模型如何学习标签：作为它生成的文本，或作为新分类头的类别。分类头读取最后一个词元，与适配器一起训练。',
    options: { CAUSAL_LM: '文本（CAUSAL_LM）', SEQ_CLS: '分类头（SEQ_CLS）' },
  },
  warmupSteps: { label: '预热步数', help: '学习率在这些步内逐渐升高，避免最初的更新造成损害。' },
  schedule: {
    label: '学习率调度',
    help: '预热之后学习率如何下降：线性和余弦都降到 0。',
    options: { linear: '线性', cosine: '余弦', constant: '恒定' },
  },
  gradientAccumulationSteps: { label: '梯度累积步数', help: '更新前累加的批次数：等同于更大的批次，占用的内存更少。' },
  maxGradientNorm: { label: '最大梯度范数', help: '一个运行的梯度超过这个范数时，按比例缩小到它。0 = 不裁剪。' },
  weightDecay: { label: '权重衰减', help: '每一步都把 A 和 B 向 0 拉，被跳过的词元也不例外。' },
  beta1: { label: 'Adam β1', help: '梯度均值的衰减率：越大，记得越久。' },
  beta2: { label: 'Adam β2', help: '梯度平方均值的衰减率：越大，记得越久。' },
  epsilon: { label: 'Adam ε', help: '避免除以极小的梯度时数值溢出。' },
  evalExamples: { label: '验证样本数', help: '每次评估使用的样本数。越多，损失越稳定，但也越费时。' },
  devShare: {
    label: '开发集',
    help: '从训练集中划出的占比。任何运行都不用它训练：早停、最佳检查点和阈值以它为准。',
  },
  loadBestCheckpoint: {
    label: '结束时载入最佳检查点',
    help: '每个运行以评估时开发集损失最低的适配器结束。还没有开发集时，会划出 10 %。',
  },
};
