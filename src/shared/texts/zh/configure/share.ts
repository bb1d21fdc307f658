import type { Texts } from '../../en';

export const share: Texts['configure']['share'] = {
  export: '导出设置',
  import: '导入设置……',
  file: '设置文件',
  makeLink: '生成设置链接',
  help: '两者都包含设置和种子，绝不包含数据。',
  link: '链接',
  linkHelp: '打开链接的人会看到这些设置，并用自己的数据训练。',
  copy: '复制',
  copied: '已复制。',
  forbidden: '浏览器不允许复制，请手动选取。',
};
