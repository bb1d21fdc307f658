import type { Texts } from '../../en';

const TYPES: Record<string, string> = {
  object: '对象',
  array: '数组',
  string: '文本',
  boolean: '“是”或“否”',
  null: '空值',
};

export const setting: Texts['errors']['shared']['setting'] = {
  number: '必须是数字',
  whole: '必须是整数',
  type: ({ expected }) => `必须是${TYPES[expected] ?? ` ${expected}`}`,
  above: ({ limit }) => `必须大于 ${limit}`,
  atLeast: ({ limit }) => `不能小于 ${limit}`,
  below: ({ limit }) => `必须小于 ${limit}`,
  atMost: ({ limit }) => `不能大于 ${limit}`,
  fewEntries: ({ least }) => `至少要有 ${least} 项`,
  manyEntries: ({ most }) => `最多只能有 ${most} 项`,
  empty: '不能为空',
  long: ({ most }) => `最多 ${most} 个字符`,
  oneOf: ({ values }) => `只能取以下值之一：${values}`,
  unknown: ({ keys }) => `含有 Sieve 不认识的字段：${keys}`,
  form: '格式不符合要求',
  notAllowed: '不允许使用',
  moduleTwice: '同一个模块出现了两次',
  sameId: '有两个运行的编号相同',
  bestNeedsDev: '要在结束时载入最佳检查点，必须大于 0',
  gradientNeedsDev: '有门控的 μ 取自开发集时，必须大于 0',
  shrinkNeedsDev: '有运行要在训练后收缩时，必须大于 0',
  doraDropout: 'DoRA 训练时不用 dropout，必须为 0；需要 dropout 请选 LoRA',
  firstRank: ({ rank }) => `不能小于最终的秩 ${rank}`,
  noPruning: ({ first, last, steps }) =>
    `运行共 ${steps} 步，除去开头 ${first} 步和结尾 ${last} 步，没有剩下可以剪枝的步`,
  follows: '必须指定排在它前面的一个带门控的运行',
};
