import type { Texts } from '../en';

export const common: Texts['common'] = {
  of: (done, total) => `${done} / ${total}`,
  asTable: '以表格查看',
  table: {
    menu: (title) => `${title}：文件`,
    file: (kind, title) => `${title} 的 ${kind}`,
    format: { md: 'Markdown', tex: 'LaTeX', csv: 'CSV' },
  },
  provenance: {
    model: '基座模型',
    device: '设备',
    data: '数据',
    hash: '数据的 SHA-256',
    split: '划分种子',
    seed: '训练种子',
    software: '写入程序',
  },
  notice: {
    text: '{head}{message}',
    error: '错误：',
    warning: '提示：',
    inLine: { error: (line) => `第 ${line} 行有误：`, warning: (line) => `第 ${line} 行提示：` },
    dismiss: '关闭这条消息',
    details: '诊断信息',
    copyDetails: '复制诊断信息',
    copied: '已复制',
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
  device: {
    unknown: '未知设备',
    afterwards: '，之后是 ',
  },
  pastedText: '粘贴的文本',
  severalFiles: (first, n) => `${first} 等 ${n} 个文件`,
  token: {
    partOf: (bytes, character) => `“${character}”的字节 ${bytes}`,
    broken: (bytes) => `残缺字符的字节 ${bytes}`,
  },
};
