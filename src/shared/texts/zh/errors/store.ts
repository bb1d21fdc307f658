import type { Texts } from '../../en';
import { forms } from './forms';

const LINK_AGAIN = '请重新索取链接，或索取设置文件。';
const OWN_ZIP = '请选择由 Sieve 或 PEFT 写出的 zip。';
const EXPORTED_SETTINGS = '请选择在“设置”里导出的文件。';
const PERHAPS_DELETED = '可能是另一个标签页删除了它。';

const worker = { training: '训练', data: '数据', storage: '存储', push: '推送' };

export const store: Texts['errors']['store'] = {
  ...forms,
  device: {
    cpu: ({ threads }) => (threads === null ? 'CPU' : `CPU，${threads} 个线程`),
    otherCpu: ({ name, threads }) => `${name}（CPU${threads === null ? '' : `，${threads} 个线程`}）`,
    unnamedGpu: '没有名称的 GPU',
  },
  ofRun: ({ run, message }) => `${run}：${message}`,
  worker: {
    unreachable: ({ name, why }) => ({ message: `无法联系${worker[name]}工作线程：${why}`, hint: '请重新载入页面。' }),
    closed: ({ name }) => ({ message: `${worker[name]}工作线程已关闭。` }),
    stopped: ({ name, why }) => ({
      message: `${worker[name]}工作线程停止了：${why}。`,
      hint: '请重新打开模型，或重新载入页面。',
    }),
    badMessage: '有一条消息无法读取',
    notLoaded: '无法载入它的脚本',
  },
  sampling: {
    seed: { message: '采样种子必须是 0 到 4294967295 的整数。', hint: '改正后再试。' },
    length: { message: '最大新词元数必须是 1 到 4096 的整数。', hint: '改正后再试。' },
    temperature: { message: '温度必须在 0 到 10 之间。', hint: '0 是贪心解码：总是取最可能的词元。' },
    topP: { message: 'Top-p 必须大于 0 且不超过 1。', hint: '1 表示关闭。' },
  },
  busy: {
    experiment: { message: '有一个实验正在运行。', hint: '请先在“实验”里停止它，或等它结束。' },
    run: { message: '有一个会话正在运行。', hint: '请先在“训练”里停止它。' },
    runHere: { message: '有一个会话正在运行。', hint: '请先停止它。' },
    resuming: { message: '正在继续一个中断的会话。', hint: '等它出现后，请在“训练”里停止它。' },
  },
  noModel: { message: '还没有打开模型。', hint: '请等模型打开，或在“模型”里打开一个。' },
  modelList: ({ status }) => ({
    message: `无法载入内置模型的列表（HTTP ${status}）。`,
    hint: '请重新载入页面，或从 Hugging Face 打开一个模型。',
  }),
  data: {
    emptyFolder: ({ folder }) => ({
      message: `${folder} 是没有文件的文件夹。`,
      hint: '请拖入文件，或含有文件的文件夹。',
    }),
    sampleList: ({ status }) => ({
      message: `无法载入示例数据的列表（HTTP ${status}）。`,
      hint: '请拖入自己的文件，或重新载入页面。',
    }),
    noSample: ({ id }) => ({ message: `没有名为 ${id} 的示例数据。` }),
    sample: ({ status }) => ({
      message: `无法载入这份示例数据（HTTP ${status}）。`,
      hint: '请拖入自己的文件，或重新载入页面。',
    }),
    tooLarge: ({ file, mb, most }) => ({
      message: `${file} 有 ${mb} MB，最多读取 ${most} MB。`,
      hint: '请把文件拆成较小的几个。',
    }),
    otherFile: ({ path }) => ({
      message: `${path} 不是这个数据集的文件：内容不同。`,
      hint: '请选择 SHA-256 相符的文件，或在“数据”中打开你的文件来训练。',
    }),
    otherTokens: ({ data }) => ({
      message: `${data} 现在读出的词元与这个运行训练时的不同。`,
      hint: 'Sieve、模型或其分词器在此期间有变化。重新训练的起始损失会不同。',
    }),
    none: { message: '还没有可以训练的数据。', hint: '请在“数据”里选择示例数据或文件。' },
  },
  settings: {
    opened: ({ changes, seed }) => ({
      message: `来自链接的设置：${changes === 0 ? '与默认值全部相同' : `有 ${changes} 项与默认值不同`}；种子 ${seed}。`,
      hint: '链接绝不携带数据：请在“数据”里选择你自己的数据。',
    }),
    noJson: ({ why }) => ({ message: `这不是 JSON：${why}`, hint: EXPORTED_SETTINGS }),
    foreign: { message: '这不是 Sieve 的设置：format 不是“sieve-config”。', hint: EXPORTED_SETTINGS },
    version: ({ ours, theirs }) => ({
      message: `version：这个页面读取版本 ${ours}，而文件写的是 ${theirs}。`,
      hint: '它由另一个版本的 Sieve 写出。',
    }),
    wrong: ({ path, problem }) => ({
      message: `${path || '设置'}：${problem}`,
      hint: '请改正文件里的这个地方，或重新导出。',
    }),
    tooLarge: ({ bytes, most }) => ({
      message: `文件有 ${bytes} 字节，设置最多 ${most} 字节。`,
      hint: EXPORTED_SETTINGS,
    }),
    damagedLink: { message: '这个链接里的设置已损坏：途中被截断或改动了。', hint: LINK_AGAIN },
    tooLongForLink: { message: '这些设置太长，放不进链接。', hint: '请导出为文件。' },
    longLink: ({ most }) => ({ message: `这个链接里的设置超过了可读取的 ${most} 个字符。`, hint: '请索取设置文件。' }),
    linkVersion: { message: '这个链接里的设置属于另一个版本的 Sieve。', hint: LINK_AGAIN },
    wrongInLink: ({ path, problem }) => ({
      message: `无法使用这个链接里的设置：${path || '设置'}：${problem}。`,
      hint: '它可能来自另一个版本的 Sieve。',
    }),
  },
  adapterZip: {
    tooLarge: ({ bytes, most }) => ({
      message: `文件有 ${bytes} 字节，最多读取 ${most} 字节。`,
      hint: '请选择只含一个适配器的 zip。',
    }),
    twice: ({ file }) => ({ message: `zip 里有两个 ${file}。`, hint: '请选择只含一个适配器的 zip。' }),
    missing: ({ file }) => ({ message: `zip 里没有 ${file}。`, hint: OWN_ZIP }),
    largeEntry: ({ path, bytes, most }) => ({
      message: `zip 里的 ${path} 声明有 ${bytes} 字节，最多读取 ${most} 字节。`,
      hint: OWN_ZIP,
    }),
    unpacked: ({ most }) => ({ message: `zip 解压后超过 ${most} 字节。`, hint: OWN_ZIP }),
    damaged: ({ what }) => ({
      message: `无法把这个文件当作 zip 读取：${what}。`,
      hint: '请选择 Sieve 导出的 zip；如果就是它，请重新导出。',
    }),
    has: {
      noDirectory: '它没有目录',
      misplaced: ({ path }) => `${path} 不在目录所说的位置`,
      cutOff: ({ path }) => `${path} 被截断`,
      packed: ({ path }) => `${path} 无法解压`,
      unknown: ({ path, method }) => `${path} 的压缩方式未知（${method}）`,
      different: ({ path }) => `${path} 与声明的大小和校验和不符`,
    },
  },
  reading: {
    slow: ({ seconds }) => ({ message: `文件在 ${seconds} 秒内没有读完。`, hint: '请选择另一个文件。' }),
    failed: { message: '读取文件的 worker 停止了。', hint: '请再试一次；文件过大、超出浏览器内存时也会这样。' },
  },
  runFile: {
    noJson: ({ file, why }) => ({ message: `${file} 不是 JSON：${why}`, hint: '请重新导出这个会话。' }),
    wrong: ({ file, path, problem }) => ({
      message: `${file}：${path || '内容'}：${problem}`,
      hint: '它由另一个版本的 Sieve 写出，或经过手工改动。',
    }),
    tooLarge: ({ bytes, most }) => ({
      message: `文件有 ${bytes} 字节，最多读取 ${most} 字节。`,
      hint: '请选择一个会话的文件。',
    }),
    noMetricLog: {
      message: '这不是会话文件：缺少 metrics.json。',
      hint: '请选择在“已保存”里导出的文件。单独的适配器请在“对比”里导入。',
    },
    noRecord: { message: '这不是会话文件：缺少 session.json。', hint: '请选择在“已保存”里导出的文件。' },
    damaged: ({ file }) => ({ message: `会话文件里的 ${file} 已损坏。`, hint: '请重新导出这个会话，或删除这一条。' }),
    damagedAdapters: ({ runs }) => ({
      message: `${runs} 保存的适配器已损坏，无法使用；所有曲线都完整。`,
      hint: '要有适配器，请重新训练。',
    }),
    differs: { message: '文件里的记录与内容不属于同一个会话。', hint: '请重新导出。' },
  },
  saved: {
    notPersistent: {
      message: '浏览器没有同意在存储空间不足时保住已保存的会话。',
      hint: '把页面安装为应用或加入书签之后也许会同意。不能丢失的内容请导出。',
    },
    name: { message: '名称要有 1 到 120 个字符。' },
    tags: ({ most }) => ({ message: `最多 ${most} 个标签，每个最多 30 个字符。` }),
    fileGone: ({ why }) => ({
      message: `这个会话的文件不见了（${why}）。`,
      hint: '可能被浏览器清除了。请删除这一条。',
    }),
    otherModel: ({ model }) => ({
      message: `这个会话属于 ${model}，而另一个模型上的会话正在运行。`,
      hint: '请先停止它。',
    }),
    gone: { message: '这个会话已不再保存。', hint: PERHAPS_DELETED },
    full: { message: '浏览器不再给这个页面更多存储空间。', hint: '请在下面删除已保存的会话，或释放设备上的空间。' },
    otherVersion: { message: '中断的会话由另一个版本的 Sieve 保存。', hint: '无法读取，请重新开始。' },
    resumeModel: { message: '这个会话的模型无法打开。', hint: '请看“模型”里的说明；检查点会保留。' },
    oldTab: { message: '另一个标签页开着旧版本的 Sieve。', hint: '请关闭它，再重新载入这个标签页。' },
  },
  resume: {
    gpuLost: ({ step }) =>
      `训练曾经中断：GPU 丢失（电脑休眠时会发生），或其工作线程停止了。训练已从第 ${step} 步的检查点继续。`,
    thriftier: ({ step }) => `训练因 GPU 出错而中断。已重新打开 GPU，从第 ${step} 步的检查点以更省内存的方式继续。`,
    lostAgain: ({ step }) => ({
      message: `GPU 在几分钟内第二次失败，因此没有自动继续训练。第 ${step} 步的检查点完好。`,
      hint: '可以在上方继续：例如在“模型”部分改用 CPU，或先关闭其他使用 GPU 的程序。诊断信息只包含设置和大小，不含你的数据。',
    }),
    wentOn: ({ began, goesOn }) =>
      `会话之前在 ${began} 上计算，现在在 ${goesOn} 上继续：与未中断的会话相比，数值的末几位可能不同。`,
    waiting: '已关闭的标签页有一个会话等待继续，而这里只能保存一个。',
  },
  compare: {
    why: {
      noModel: '没有打开模型。',
      noStep: '它还没有走过一步。',
      drawn: '它的门控每次随机抽取词元，文件无法保存。',
      notKept: '它的适配器没有保存。',
      onceOpen: ({ model }) => `打开它的基座模型 ${model} 后，它才能生成。`,
      trainedOn: ({ model, open }) =>
        `它是在 ${model} 上训练的，而${open === null ? '现在没有打开模型' : `现在打开的是 ${open}`}。请先打开它的基座模型。`,
      sameBase: '它是同一个基座模型，只是在另一个验证集上评估。',
      otherBase: ({ model, open }) =>
        `它是 ${model}，而${open === null ? '现在没有打开模型' : `现在打开的是 ${open}`}。`,
      notLoaded: ({ why }) => `无法加载：${why}`,
    },
    vote: {
      sameInARow: ({ n }) => `两者连续 ${n} 次给出相同的回答。它们可能过于相似，无法区分。`,
      enough: ({ n }) => `${n} 轮已经足够。`,
      allJudged: '你的提示词都已评完。',
    },
    nobody: { message: '选中的都不能生成。', hint: '请在上面选择基座模型或一个运行；原因写在各项旁边。' },
    prompts: {
      big: ({ kb }) => ({ message: `文件超过 ${kb} KB。`, hint: '请提供提示词较少的文件。' }),
      empty: { message: '文件里没有提示词。', hint: '请每行写一个提示词，或每行一个带 "prompt" 的 JSON。' },
      none: ({ at }) => ({ message: `第 ${at} 项不是提示词。`, hint: '每一项必须是文本，或带 "prompt" 的对象。' }),
      long: ({ at, most }) => ({ message: `第 ${at} 个提示词超过 ${most} 个字符。`, hint: '请缩短它。' }),
      many: ({ n, most }) => ({
        message: `文件里有 ${n} 个提示词；一次最多回答 ${most} 个。`,
        hint: '请分成几个文件。',
      }),
    },
    noAdapter: { message: '它的适配器已不在文件里。' },
    noPrompt: { message: '没有可以用作提示词的验证样本。', hint: '请在“数据”里选择数据，或自己写提示词。' },
    absent: ({ name }) => ({
      message: `${name} 没有打开。`,
      hint: '要继续投票，请在“已保存”里打开或加入它；也可以重新开始。',
    }),
    silent: ({ name, why }) => ({ message: `${name} 现在不能生成。`, hint: why ?? '请重试。' }),
  },
  experiments: {
    unreadable: ({ n }) => ({
      message: `有 ${n} 条保存的实验记录无法读取，未作改动。`,
      hint: '它们可能来自这个页面的另一个版本。',
    }),
    notKept: ({ why }) => ({ message: `这个浏览器不保存实验：${why}`, hint: '实验可以进行，但关闭页面后就没有了。' }),
    dataTooBig: ({ mb, most }) => ({
      message: `数据太大，无法与实验一起保存（词元共 ${mb} MB，最多 ${most} MB）。`,
      hint: '实验照常进行，但关闭页面后不能继续。已完成的结果会保留。',
    }),
    noData: {
      message: '这个实验的数据没有保存，因此不能继续。',
      hint: '请重新打开数据并开始新的实验。已完成的会保留。',
    },
    otherTab: { message: '这个实验正在另一个标签页里进行。', hint: '请在那里查看，或关闭那个标签页后在这里继续。' },
    endedEarly: { message: '训练提前结束了。', hint: '请看“训练”里的说明，然后继续。' },
    modelFailed: { message: '这个实验的模型无法打开。', hint: '请看“模型”里的说明。' },
    modelChanged: { message: '实验进行中模型被更换了。', hint: '请继续：会重新打开它自己的模型。' },
    gone: { message: '那个实验已经不在了。' },
    saving: ({ why }) => ({
      message: `这个浏览器无法保存实验：${why}`,
      hint: '实验会继续，但关闭页面后可能丢失。离开前请取走报告。',
    }),
    noRanking: ({ seed }) => ({
      message: `种子 ${seed} 的探测没有给出排名。`,
      hint: '请删除这个实验，用更小的学习率重新开始。',
    }),
  },
};
