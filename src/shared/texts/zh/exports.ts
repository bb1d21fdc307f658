import type { Texts } from '../en';

export const exports: Texts['exports'] = {
  title: (run) => `导出 ${run}`,
  open: (run) => `导出 ${run}…`,
  table: '文件种类及可用的运行环境',
  kind: '文件',
  runtime: {
    python: 'Python',
    browser: '浏览器',
    onnx: 'ONNX Runtime',
    llama: 'llama.cpp',
    sieve: 'Sieve',
  },
  runs: '可用',
  runsNot: '不可用',
  name: {
    peft: '适配器（PEFT）',
    safetensors: '合并后的模型（safetensors）',
    onnx: '模型（ONNX）',
    gguf: 'LoRA 适配器（GGUF）',
  },
  what: {
    peft: '只有适配器，采用 Hugging Face PEFT 布局；使用时还需要基座模型。Sieve 可以再导入它。',
    safetensors:
      '适配器已并入基座权重，附带分词器、配置和模型卡。凡能打开 Hugging Face 文件夹的工具都能打开它；权重超过 2 GiB 时分片保存。',
    onnx: '基座自己的 ONNX 文件，适配器已在其中，采用 transformers.js 的布局，并附带一个可运行它的网页。没有门控时适配器并入权重；门控以及量化基座的适配器以标准算子写在图里，基座仍保持量化。',
    gguf: 'llama.cpp 读取的适配器，与同一基座的 GGUF 一起使用。',
  },
  peftGated: '这个适配器带门控：Python 需要 sieve-peft 包；不装这个包，可用 zip 里的 load_gated.py。',
  values: '数值类型',
  valuesHelp: 'f16 和 bf16 只占一半空间。bf16 保留的位数更少；f16 容不下大于 65504 的数。',
  code: '使用它的代码',
  copy: '复制',
  copied: '已复制',
  save: '保存 zip',
  writing: '正在写文件',
  close: '关闭',
};
