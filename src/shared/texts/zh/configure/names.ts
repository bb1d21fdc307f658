import type { Texts } from '../../en';

export const name: Texts['configure']['name'] = {
  seed: '种子', steps: '步数', learningRate: '学习率', warmupSteps: '预热步数', schedule: '学习率调度', beta1: 'Adam β1', beta2: 'Adam β2', epsilon: 'Adam ε',
  weightDecay: '权重衰减', clipNorm: '梯度裁剪范数', batchSize: '批次大小', accumulation: '梯度累积', maxTokens: '上下文', evalEvery: '评估间隔', evalExamples: '评估样本数',
  sliceShare: '预留切片', keepBest: '以最佳适配器结束', patience: '耐心值',
  name: '名称', method: '方法', rank: '秩', alpha: 'Alpha', rslora: 'rsLoRA 缩放', loraPlusRatio: 'LoRA+ 比率', dropout: 'Dropout', modules: '适配的层', only: '选定的模块',
  rule: '规则', lambdaBar: '保留一个词元的价格 λ̄', tauStep: 'τ 的步长', tauWarmup: 'τ 开始移动前的步数', rhoPer: '步长取自', eta: '步长大小 η', target: '跳过', targetPer: '占比按',
  prices: '价格取自', pricesEvery: '价格更新间隔', keep: '保留占比', follows: '跟随',
  initRank: '起始秩', tinit: '开头不剪枝的步数', tfinal: '结尾保持最终秩的步数', deltaT: '剪枝间隔', orthRegWeight: '正交性',
};

export const inPercent = (label: string) => `${label}（%）`;
export const inTokens = (label: string) => `${label}（词元）`;
export const inSteps = (label: string) => `${label}（步）`;
