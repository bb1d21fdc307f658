import type { Texts } from '../../en';

const HELP = '“sieve --help”列出全部用法。';
const DIFFERS = { settings: '设置', model: '模型', data: '数据' };

const percent = (share: number) => `${Math.round(100 * share)} %`;

const lossOf = ({ run, loss, skipped }: { run: string; loss: string; skipped: number | null }) =>
  `${run} ${loss}${skipped === null ? '' : `（跳过 ${percent(skipped)}）`}`;

/** Help, and lines about the work. */
const words: Texts['errors']['cli']['words'] = {
  help: ({ languages, models, formats, kinds }) => `用法：sieve train [SETTINGS] --data FILE [选项]
      sieve prepare [SETTINGS] --data FILE [选项]
      sieve eval [ADAPTER.zip 或 session.zip] --data FILE [选项]
      sieve generate [ADAPTER.zip …] --prompt TEXT [选项]
      sieve compare ADAPTER.zip … --prompt TEXT [选项]
      sieve export ADAPTER.zip --to KIND [选项]

SETTINGS 是页面“设置”中导出的文件、页面的设置链接，或导出的会话（.zip，同时带来模型和列映射）。
不给出时使用页面的默认设置。

train 的选项：
  --data FILE            样本（${formats}），可以压缩；
                         多次给出时，各文件合并读取
  --validation FILE      验证样本的文件；不给出时从数据中划分一部分
  --model NAME           文件夹、Hugging Face hub 的 id（owner/name 或 owner/name@revision），
                         或 Sieve 自带的模型：${models.join('、')}；默认为第一个
  --model-file PATH      模型的哪个文件含权重，例如 onnx/model_q4.onnx
  --device cpu|gpu       cpu（默认）与页面结果逐位相同；gpu 需要安装 npm 包 webgpu 和驱动
  --threads N            CPU 线程数；默认每个核心一个，最多 8 个
  --out FOLDER           写入文件的文件夹（sieve-out）
  --fresh                重新开始，并丢弃该文件夹中的检查点
  --hand-over            在结束或中断时，另外写出供 sieve-train（Python 包）在别处继续的文件
  --json                 在标准输出上为每个事件写一行 JSON
  --SETTING VALUE        docs/settings.md 中任何设置的参数，对所有运行有效：--steps 200

数据的含义（猜测不对时）：
  --kind KIND            ${kinds}
  --column ROLE=COLUMN   角色对应的列：--column prompt=question --column completion=answer
  --prompt-template T    例如 "Q: {prompt}\\n"；--completion-template T 同理
  --validation-share X   验证集所占比例，0 到 0.5（0.1）
  --data-seed N          划分的种子（1）
  --max-examples N       样本数上限（20000）
  --no-stratify          两个划分中各标签的比例可以不同
  --all-tokens           也在提示上训练

prepare 的选项与 train 相同：用模型的分词器读取数据，写出供 sieve-train 从第一步开始训练的文件；
不打开模型的权重。
eval 在文件的每一行上测量基座模型和适配器（或导出的会话中的全部适配器）：交叉熵、跳过比例，
有标签时还有准确率和 macro-F1。它接受上面关于数据的选项、--batch-size 和 --max-sequence-length。

generate 用适配器或基座模型回答；compare 让两者依次回答：
  --prompt TEXT          放入适配器自己的模板
  --max-new-tokens N     默认 64；--temperature X（0.7，0 为贪心）、--top-p X（0.95）、--sampling-seed N（1）
export 把供其他运行环境使用的文件写入 --out：
  --to KIND              safetensors（合并后的权重）、onnx 或 gguf（适配器，用于 llama.cpp）
  --values TYPE          合并权重的类型：F32（默认）、F16 或 BF16
它们都接受 --model（否则用适配器写明的基座）、--device、--threads 和 --json。

  --language CODE        语言：${languages}；另有 --help 和 --version

Ctrl-C 写入检查点并结束，同一命令会从那里继续；再按一次则不写入就退出。
写出的文件：每个运行的适配器（PEFT 布局），以及会话（页面可在历史中打开）。

退出码：0 完成；1 失败；2 命令行或设置无法理解；3 至少一个运行失败，其余正常结束；130 已中断并写入检查点。`,
  model: ({ model, file, device, error }) =>
    `模型：${model}，${file}；${device}；logits 与参考相差 ${error.toExponential(1)}`,
  data: ({ train, validation, tokens }) => `数据：训练样本 ${train} 个，验证样本 ${validation} 个，共 ${tokens} 个词元`,
  warning: ({ text }) => `警告：${text}`,
  error: ({ text }) => `错误：${text}`,
  base: '基座模型',
  resumes: ({ step, path }) => `从第 ${step} 步之后继续，检查点在 ${path}`,
  interrupted: ({ step, path }) => `在第 ${step} 步之后中断；同一命令会从 ${path} 继续`,
  stoppedEarly: ({ run, step, best }) => `${run}：在第 ${step} 步早停，最佳验证损失在第 ${best} 步`,
  evaluated: ({ step, ...of }) => `第 ${step} 步：验证损失 ${lossOf(of)}`,
  evaluation: ({ labels, ...of }) =>
    `损失 ${lossOf(of)}${labels === null ? '' : `；准确率 ${labels.right}/${labels.of}，macro-F1 ${labels.f1}`}`,
  step: (of) =>
    `${of.bar} ${of.step}/${of.steps} ${of.runs.map(lossOf).join('，')}；${of.ms} 毫秒/步，剩余 ${of.seconds} 秒`,
};

export const cli: Texts['errors']['cli'] = {
  unknownCommand: ({ name, known }) => ({ message: `没有命令“${name}”。`, hint: `可用的命令：${known}。${HELP}` }),
  unknownOption: ({ option }) => ({ message: `没有选项 ${option}。`, hint: HELP }),
  valueMissing: ({ option }) => ({
    message: `${option} 需要一个值。`,
    hint: `值以短横线开头时，请写成 ${option}=VALUE。`,
  }),
  noValueWanted: ({ option }) => ({ message: `${option} 不带值。`, hint: HELP }),
  range: ({ option, least, most, whole }) => ({
    message: `${option} 必须是 ${least} 到 ${most} 之间的${whole ? '整数' : '数'}。`,
    hint: HELP,
  }),
  oneOf: ({ option, known }) => ({ message: `${option} 必须是其中之一：${known}。`, hint: HELP }),
  noData: { message: '没有给出数据。', hint: '请指定样本文件：--data examples.jsonl' },
  noPrompt: { message: '没有给出提示。', hint: '请写出要回答的内容：--prompt "Once upon a time"' },
  oneAdapter: { message: '请指定一个适配器。', hint: '由 Sieve 写出的 zip：sieve export adapter.zip --to gguf' },
  noFile: ({ path }) => ({ message: `${path}：没有这个文件。`, hint: HELP }),
  noModel: ({ named, known }) => ({
    message: `“${named}”既不是文件夹，也不是 Sieve 自带的模型。`,
    hint: `请指定文件夹、Hugging Face hub 的 owner/name，或其中之一：${known}。`,
  }),
  column: ({ said }) => ({ message: `“${said}”不是角色和它的列。`, hint: '请写成 --column prompt=question。' }),
  role: ({ role, known }) => ({ message: `这里没有角色“${role}”。`, hint: `可用的有：${known}。` }),
  folderAgain: ({ id }) => ({
    message: `这个会话的模型来自文件夹“${id}”，文件夹不在会话之中。`,
    hint: '请指定文件夹：--model FOLDER',
  }),
  otherData: '这些不是该会话训练时使用的文件',
  otherCheckpoint: ({ path, step, differs }) => ({
    message: `${path} 中是另一次运行在第 ${step} 步之后的检查点：${DIFFERS[differs]}不同。`,
    hint: '请使用同一命令，或用 --out 指定别的文件夹，或用 --fresh 丢弃它。',
  }),
  pictures: { message: '图片由浏览器解码：终端只读文本。', hint: '请在页面中用图片训练。' },
  noDawn: ({ why }) => ({
    message: `无法使用 GPU：${why}`,
    hint: '请在 Sieve 旁安装 npm 包 webgpu，或去掉 --device gpu。',
  }),
  noDriver: {
    message: '无法使用 GPU：webgpu 包没有找到支持 WebGPU 的驱动。',
    hint: '请安装 Vulkan、Metal 或 Direct3D 12 驱动，或去掉 --device gpu。',
  },
  words,
};
