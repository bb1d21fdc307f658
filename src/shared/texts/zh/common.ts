import type { Texts } from '../en';

export const common: Texts['common'] = {
  of: (done, total) => `${done} / ${total}`,
  asTable: '以表格查看',
  step: (n) => `第 ${n} 步`,
  notice: {
    text: '{head}{message}',
    error: '错误：',
    warning: '提示：',
    inLine: { error: (line) => `第 ${line} 行有误：`, warning: (line) => `第 ${line} 行提示：` },
    dismiss: '关闭这条消息',
  },
  field: {
    changed: '已改动',
    changedHelp: (initial) => `已改动；默认值为 ${initial}`,
    fromDefault: (initial) => `，默认值为 ${initial}`,
  },
  unit: { s: '秒', min: '分钟', h: '小时' },
  range: (from, to) => `${from}～${to}`,
  ago: {
    now: '刚刚',
    minutes: (n) => `${n} 分钟前`,
    hours: (n) => `${n} 小时前`,
    days: (n) => `${n} 天前`,
  },
  million: (n) => `${n}M`,
  billion: (n) => `${n}B`,
  unnamedGpu: '未命名的适配器',
  pastedText: '粘贴的文本',
  token: {
    partOf: (bytes, character) => `“${character}”的字节 ${bytes}`,
    broken: (bytes) => `残缺字符的字节 ${bytes}`,
  },
  tokenClass: {
    group: { Kind: '类型', Part: '部分', 'Place in the text': '文中位置', Frequency: '频率' },
    name: {
      whitespace: '空白', punctuation: '标点', digits: '数字', 'function word': '虚词', 'other word': '其他词', 'inside a word': '词内', mark: '特殊标记',
      prompt: '提示词', answer: '回答',
      first: '第 1 个', '2–4': '第 2–4 个', '5–8': '第 5–8 个', '9–16': '第 9–16 个', '17–32': '第 17–32 个', '33–64': '第 33–64 个', 'after 64': '第 64 个之后',
      'the 10 commonest': '最常见的 10 个', 'the next 90': '其后 90 个', 'the next 900': '其后 900 个', rarer: '更少见', 'not in the training data': '训练数据中没有',
    },
  },
};
