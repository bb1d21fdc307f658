import type { Texts } from '../en';

export const page: Texts['page'] = {
  title: 'Sieve：在浏览器标签页里微调',
  skip: '跳到正文',
  claim: '在这个标签页里教一个小语言模型，看看它可以跳过哪些词元。任何数据都不会离开这个标签页。',
  steps: '步骤',
  stepDone: '（已完成）',
  section: {
    model: '模型', data: '数据', configure: '配置', train: '训练', inspect: '查看', compare: '对比', experiment: '实验', history: '历史',
  },
  privacy: '你的数据、模型和适配器都留在这个浏览器标签页里，这个页面背后没有服务器。只有按 Hugging Face 编号打开模型时才会下载内容，而且不会发送你的任何东西。',
  offline: {
    preparing: '正在为离线使用做准备……',
    ready: '这个页面和两个内置模型在没有网络时也能使用。你的浏览器可以把它安装为应用。',
    update: 'Sieve 有新版本了。{reload}',
    updateLive: 'Sieve 有新版本了。{reload} 当前运行已保存，之后可以继续。',
    reload: '重新载入',
    failed: '这个浏览器无法保存页面供离线使用。',
  },
  colours: '颜色',
  theme: { auto: '自动', light: '浅色', dark: '深色', contrast: '高对比' },
  coloursAre: (theme) => `颜色：${theme}`,
};
