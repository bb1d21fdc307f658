import type { Texts } from '../../en';

export const share: Texts['configure']['share'] = {
  export: '导出设置',
  import: '导入设置……',
  file: '设置文件',
  makeLink: '生成设置链接',
  help: '两者都包含设置和种子，绝不包含数据。',
  link: '链接',
  linkHelp: '打开链接的人会看到这些设置，并用自己的数据训练。',
  makeCommand: '命令行',
  command: '命令',
  commandHelp: '在终端中做同样的训练，在 CPU 上逐位相同：见 docs/terminal.md。请在数据文件所在的文件夹中运行。',
  commandPart: '手动修改的行、修复和部分读取选项不在其中：请改为导出已保存的会话，并使用它的 zip 文件。',
  copy: '复制',
  copied: '已复制。',
  forbidden: '浏览器不允许复制，请手动选取。',
};
