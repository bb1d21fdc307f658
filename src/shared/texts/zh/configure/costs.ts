import type { Texts } from '../../en';

export const memory: Texts['configure']['memory'] = {
  title: '内存',
  planning: '正在规划……',
  unknown: '打开模型后才能知道。',
  caption: '训练将占用的字节数，按项目列出',
  item: '项目',
  bytes: '字节',
  exact: (bytes) => `${bytes} 字节`,
  part: {
    weights: '基座模型（所有运行共用一份）',
    activations: '保存的激活值',
    inputs: '各层的输入和一层的激活值（其余在反向传播时重新计算）',
    head: '输出头与损失',
    gradients: '激活值的梯度',
    scratch: '门控、列表和低秩暂存区',
    batch: '批次',
    samples: '训练中生成的样例',
    points: '步骤失败后各运行可退回的状态',
    checkpoint: '正在写入的检查点',
    tokens: '数据集的词元（数据线程、页面和训练线程各一份）',
    tokenizer: '分词器（数据线程和训练线程各一份）',
  },
  run: (run) => `${run}：A、B、梯度和矩`,
  together: '合计',
  opening: {
    onnxruntime: '在此之前，打开模型时：文件、权重，以及用来验证模型的 ONNX Runtime（已释放）',
    plain: '在此之前，打开模型时：权重，以及用来验证模型的朴素前向计算（已释放）',
  },
  limit: '目标上限',
  help: '在分配任何内存之前，根据大小和数量先规划好。所有运行共用一份基座模型。浏览器为页面本身占用的内存不计在内。',
  tooMuch: '需要的内存超过了合适的范围。',
  mayFail: '训练可能失败，也可能拖慢整台机器。',
  mildest: '改动最小且放得下的做法：',
  noFix: '减小批次、缩短最大序列长度和降低秩都还不够，或者仍在尝试：请减少运行数，或换一个更小的模型。',
};

const scaledBy = (scaled: boolean) => (scaled ? '，当时的设置不同，已按每步的词元数折算' : '');
const UNCOUNTED = '训练中生成的样例不计在内。';

export const time: Texts['configure']['time'] = {
  title: '预计时间',
  measuring: '正在测量……',
  unknown: (steps) => `还没有测量。真正训练 ${steps} 步就能知道这台设备有多快；训练结果会丢弃。`,
  probe: (steps, scaled) => `根据 ${steps} 个真实训练步测得${scaledBy(scaled)}。${UNCOUNTED}`,
  run: (scaled) => `根据上一次运行的最后几步测得${scaledBy(scaled)}。${UNCOUNTED}`,
  cancel: '取消',
  again: '重新测量',
  measure: (steps) => `测量 ${steps} 步`,
};
