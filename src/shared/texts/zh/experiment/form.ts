import type { Texts } from '../../en';
import { tidy } from '../tidy';

type Size = Parameters<Texts['experiment']['form']['sizeUnknown']>[0];
const sized = (n: Size) =>
  `${n.variants} 个变体 × ${n.seeds} 个种子 = ${n.cells} 个运行，每个 ${n.steps} 步，分 ${n.sessions} 个会话进行`;

export const form: Texts['experiment']['form'] = {
  legend: '问题',
  compare: (methods, seeds) => `比较方法：${methods}，${seeds} 个种子`,
  compareText: '哪种方法的验证损失更低，差异是否超出偶然？',
  importance: '哪些模块重要？',
  importanceText:
    '先做一次简短的探测，按各模块的激活占比排名。然后让普通 LoRA 只用这个排名和另外六种排名中最靠前的模块，参数数量相同。',
  seeds: '种子数',
  seedsHelp: '每个种子都用另一个起点和顺序重做一遍。',
  probe: '探测（步）',
  probeHelp: '要足够长，让门控稳定下来。',
  budget: '预算（%）',
  budgetHelp: '占所有模块参数的比例。',
  loadBestCheckpoint: '结束时加载最佳检查点，按占训练集十分之一的开发集上的损失判断（对所有运行一致）',
  start: '开始实验',
  missing: {
    busy: '已有训练在进行：请等它结束，或停止它。',
    configure: (problem) => `请先在“设置”中更正：${problem}。`,
    model: '正在等待模型。',
    data: '请先选择数据。',
  },
  what: '比较什么',
  of: { methods: '不同方法，其他都相同', runs: '“设置”中的各个运行' },
  runs: (names) => `${names}：各按那里的设置进行，包括门控和对照。`,
  methods: '方法',
  beside: '另外，稀疏度相同：词元 dropout，更新相同的其他门控（后四种为对照）',
  arm: {
    soft: '软阈值',
    late: '后期门控',
    coin: '硬币',
    random: '随机',
    quantile: '分位数',
    oracle: '按符号',
    tokenDropout: '词元 dropout',
  },
  shrink: '每种再加一个训练后收缩的版本（一个缩放系数，在开发集上选取）',
  shrunk: '收缩',
  axis: ['变化的设置', '同时变化'],
  values: '取值',
  valuesHelp: '用逗号分隔。',
  remove: '移除',
  removeOf: (setting) => `不再变化：${setting}`,
  add: '让一项设置变化',
  addSecond: '再加一项',
  sizeProbe: (n) => `${sized(n)}；按测得的步速约需 {time}，不含评判回答和统计门控的时间。`,
  sizeRun: (n) => `${sized(n)}；按上一次会话的步速约需 {time}，不含评判回答和统计门控的时间。`,
  sizeUnknown: (n) => `${sized(n)}。在{configure}中测量步速之后，才能知道需要多久。`,
  settings: (n, onData) =>
    `沿用{configure}中的设置：${n.steps} 步，批次大小 ${n.sequences}，最大序列长度 ${n.tokens}，学习率 ${n.rate}，秩 ${n.rank}${onData ? '；数据为 {data}' : ''}${n.validation === null ? '' : `，${n.validation} 个验证样本`}。`,
  name: {
    many: { methods: (n) => `${n} 种方法`, runs: (n) => `${n} 个运行` },
    compare: (names, seeds) => `${names}，${seeds} 个种子`,
    grid: (names, by, seeds) => tidy(`${names}，按 ${by} 变化，${seeds} 个种子`),
    importance: (seeds) => `哪些模块重要？${seeds} 个种子`,
  },
};

export const grid: Texts['experiment']['grid'] = {
  list: (parts) => parts.join('，'),
};
