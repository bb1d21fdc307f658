import type { Texts } from '../../en';

export const noise: Texts['experiment']['noise'] = {
  title: '更新噪声',
  variant: '变体',
  line: {
    activeOwn: '激活，训练批次',
    activeFresh: '激活，验证集',
    skippedOwn: '跳过，训练批次',
    skippedFresh: '跳过，验证集',
  },
  figure: '会降低损失的词元更新占比，随步数变化',
  chance: '与随机无异',
  help: (variant) =>
    `${variant}：会降低损失的词元更新占比（门控梯度 μ < 0），随步数变化。激活词元的 μ 在应用更新时测得，跳过词元的 μ 在不应用时测得，随机门控的两条线也会不同：请将每条线与随机门控的同一条线比较。训练批次：该步的批次。验证集：不参与训练的样本。`,
  step: '步',
};

export const classes: Texts['experiment']['classes'] = {
  title: '按类别统计跳过的词元',
  variant: '变体',
  figure: '按词元类别划分的跳过占比',
  help: (variant) =>
    `${variant}：门控在验证样本上跳过的词元更新占比，涵盖所有模块。条形：各种子的均值；线段：95 % 置信区间。`,
  frame: '按词元类别划分的跳过占比',
  by: '划分依据',
  class: '类别',
  tokens: '词元（所有种子）',
  skipped: '跳过',
  group: {
    Kind: '种类',
    Part: '部分',
    'Place in the text': '在文本中的位置',
    Frequency: '频率',
    Picture: '图片的部分',
  },
  name: {
    whitespace: '空白',
    punctuation: '标点',
    digits: '数字',
    'function word': '虚词',
    'other word': '其他词',
    'inside a word': '词的内部',
    mark: '特殊词元',
    prompt: '提示词',
    answer: '回答',
    first: '第一个',
    'after 64': '64 之后',
    'the 10 commonest': '最常见的 10 个',
    'the next 90': '其后的 90 个',
    'the next 900': '再后的 900 个',
    rarer: '更少见的',
    'not in the training data': '训练集中没有的',
    'class token': '类别词元',
    'edge patch': '边缘的图块',
    'inner patch': '内部的图块',
  },
};
