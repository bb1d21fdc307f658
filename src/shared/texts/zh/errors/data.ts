import type { Texts } from '../../en';

const LESS = '取其中一部分就好：这里几千个样本已经足够。';
const FORMATS = '请使用 JSONL、JSON、CSV、TSV、Parquet 或纯文本，可以直接选择，也可以用 gzip 或 zip 打包。';
const TWO = '请选择至少有 2 个样本的文件。';
const UNPACK = '请先解开，或改用 gzip 或 zip 打包。';
const AGAIN = '请把它另存为 UTF-8。';

export const data: Texts['errors']['data'] = {
  cancelled: { message: '已取消。', hint: '没有改动任何东西。' },
  progress: {
    reading: '正在读取',
    readingRows: '正在读取行',
    checking: '正在检查行',
    tokens: '正在把文本切成词元',
    pictures: '正在读取图片',
    searching: '正在搜索',
    collecting: '正在收集行',
  },

  file: {
    empty: { message: '文件是空的。', hint: TWO },
    blank: { message: '文件里只有空白。', hint: TWO },
    noRows: { message: '文件里没有行。', hint: TWO },
    noText: ({ least }) => ({ message: '文件里没有文本。', hint: `请选择至少有 ${least} 个样本的文件。` }),
    notText: {
      pdf: { message: '这是 PDF，不是文本文件。', hint: FORMATS },
      png: { message: '这是 PNG 图片，不是文本文件。', hint: FORMATS },
      jpeg: { message: '这是 JPEG 图片，不是文本文件。', hint: FORMATS },
      office: { message: '这是旧版 Office 文件，不是文本文件。', hint: FORMATS },
      sqlite: { message: '这是 SQLite 数据库，不是文本文件。', hint: FORMATS },
      bzip2: { message: '文件是用 bzip2 压缩的，这里不能解开。', hint: UNPACK },
      xz: { message: '文件是用 xz 压缩的，这里不能解开。', hint: UNPACK },
      zstd: { message: '文件是用 Zstandard（zst）压缩的，这里不能解开。', hint: UNPACK },
      sevenZip: { message: '这是 7z 压缩包，这里不能解开。', hint: UNPACK },
      rar: { message: '这是 RAR 压缩包，这里不能解开。', hint: UNPACK },
    },
    binary: { message: '这看起来是二进制文件，不是文本。', hint: FORMATS },
    utf32: { message: '文件的编码是 UTF-32。', hint: AGAIN },
    encoding: ({ label }) => ({ message: `这个浏览器不认识编码“${label}”。`, hint: '请选择其他编码。' }),
    damagedUtf16: ({ encoding }) => ({
      message: `文件标明自己是 ${encoding}，但内容已损坏。`,
      hint: '请重新保存，编码选 UTF-8。',
    }),
    tooLarge: ({ mb, most }) => ({ message: `文件有 ${mb} MB，最多读取 ${most} MB。`, hint: LESS }),
    muchText: ({ mb, what }) => ({
      message: `文件里的${what === 'text' ? '文本' : '数据'}超过 ${mb} MB。`,
      hint: LESS,
    }),
    manyRows: ({ millions }) => ({ message: `文件超过 ${millions * 100} 万行。`, hint: LESS }),
    oneObject: {
      message: '文件是单个 JSON 对象，不是样本列表。',
      hint: '请使用对象组成的 JSON 数组，或每行一个对象。',
    },
    openArray: ({ line, records }) => ({
      message: `JSON 数组没有结束：文件似乎在第 ${line} 行被截断，之前有 ${records} 条记录。`,
      hint: '请取得完整的文件，或在最后一条完整的记录后面加上 ]。',
    }),
    spreadsheet: { message: '这是电子表格或文字文档，不是数据文件。', hint: '请另存为 CSV。' },
    emptyZip: ({ path }) => ({
      message: `${path} 里没有数据文件。`,
      hint: '里面应该有 JSONL、JSON、CSV、TSV、Parquet 或纯文本文件。',
    }),
    noneOfFiles: ({ n }) => ({ message: `${n} 个文件中没有数据文件。`, hint: FORMATS }),
    nothingToLearn: { message: '没有选择用来训练的文件。', hint: '请在“数据”的“文件”里选择一个。' },
    otherColumns: ({ path, own, others }) => ({
      message: `${path} 的列（${own}）与前一个文件（${others}）不同。`,
      hint: '一起读取的文件必须有相同的列。请把其中一个设为“不使用”。',
    }),
    otherFormat: ({ format }) => ({ message: `这个文件不是 ${format} 格式。`, hint: '请选择其他格式。' }),
    packed: ({ what }) => ({
      message: `无法读取这个压缩文件：${what}。`,
      hint: '请重新打包，或解压后选择里面的文件。',
    }),
    pack: {
      noDirectory: 'zip 没有目录',
      encrypted: ({ path }) => `${path} 已加密`,
      unknown: ({ path, method }) => `${path} 的压缩方式未知（${method}）`,
      misplaced: ({ path }) => `${path} 不在目录所说的位置`,
      bomb: ({ times }) => `解压后超过原来大小的 ${times} 倍`,
      longer: '解压后比它声明的更大',
      different: '内容与声明的大小和校验和不符',
      trails: '它的内容之后还有未压缩的字节：它可能是从更大的文件里截出的，或者被写入了两次',
      tar: 'tar 归档被截断或已损坏',
      zipInside: ({ path }) => `${path} 是归档里的 zip，请先解压它`,
    },
    fromArchive: ({ kind, path, others }) =>
      others > 0 ? `${kind}；读取的是 ${path}，另有 ${others} 个文件没有读取` : `${kind}，${path}`,
    parquet: ({ what }) => ({
      message: `无法读取这个 Parquet 文件：${what}。`,
      hint: '请重新写入（文件较大时用较小的行组），或另存为 JSONL。',
    }),
    parquetHas: {
      outside: '有一部分位于文件之外',
      footer: ({ bytes }) => `它的文件尾声明了 ${bytes} 字节`,
      damaged: '它的字节与声明的不符',
      page: '有一页声明了不可能的大小',
      bomb: ({ times }) => `解压后超过原来大小的 ${times} 倍`,
      values: ({ bytes }) => `它声明的值远多于 ${bytes} 字节所能容纳的`,
      slow: ({ bytes }) => `读取它所花的时间远超 ${bytes} 字节应有的时间`,
      encoding: ({ name }) => `有一页的编码方式未知（${name}）`,
      noColumns: '它没有列',
      noReadable: ({ columns }) => `没有一列的类型可以读取：${columns.join(', ')}`,
      unreadColumn: ({ column, why }) => `${column} (${why})`,
      rows: ({ rows }) => `它声明有 ${rows} 行`,
      group: ({ bytes }) => `有一个行组声明了 ${bytes} 字节`,
      sum: '各部分加起来与它的行数不符',
      path: '它的列与它的模式（schema）不符',
      manyParts: ({ most }) => `它的列超过 ${most} 个部分`,
    },
    leftOut: ({ column, what }) => `列“${column}”没有读取：无法读取 ${what}`,
  },

  table: {
    openQuote: ({ line, text }) => ({
      message: `第 ${line} 行有一个引号没有闭合：${text}`,
      hint: '请补上引号；带引号的字段里若有引号，要写两个（""）。',
    }),
    manyColumns: ({ columns, most }) => ({
      message: `表格有 ${columns} 列，最多读取 ${most} 列。`,
      hint: '只保留含有训练文本的列。',
    }),
    moreColumns: ({ line, most }) => ({
      message: `到第 ${line} 行，列数超过了 ${most}。`,
      hint: '只保留含有训练文本的列。',
    }),
    above: ({ text }) => `表格上方的一行，已略过：${text}`,
    headerAgain: ({ n }) => `表头又出现了 ${n} 次：已略过`,
    labelled: {
      fasttext: ({ labels, more }) => `每行以标签（__label__）开头：${labels}${more ? '……' : ''}`,
      fine: ({ labels, more }) => `每行以“标签:细分”开头，后面是文本：${labels}${more ? '……' : ''}`,
      word: ({ labels, more }) => `每行以少数几个词之一开头，它就是标签：${labels}${more ? '……' : ''}`,
    },
    renamed: ({ name, own }) => `另有一列也叫“${name}”；这里改称“${own}”`,
    ofFile: ({ file, note }) => `${file}: ${note}`,
    broken: ({ lost, total, line, why }) => ({
      message: `${total} 行中有 ${lost} 行无法读取。第一处在第 ${line} 行：${why}。`,
      hint: '请改正那一行，或确认这就是你要用的文件。',
    }),
    fewRows: ({ rows, header, least }) => ({
      message: `文件里${header ? '除了表头' : ''}${rows === 1 ? '只有一行' : header ? '没有其他行' : '没有行'}。`,
      hint: `至少需要 ${least} 个样本：一个用于训练，一个用于验证。`,
    }),
  },
  header: {
    brokenQuotes: '第一行的引号无法解读',
    chosen: '按你的选择',
    oneLine: '只有一行',
    number: ({ text }) => `第一行里有数字 ${text}`,
    text: '第一行是文本，不是名称',
    names: ({ names }) => `第一行里有名称 ${names}`,
    emptyField: '第一行有空字段',
    again: ({ text }) => `第一行的“${text}”在下面又出现了`,
    overFew: ({ text }) => `“${text}”下面是少数几个反复出现的值，而它不在其中`,
    overNumbers: ({ text }) => `“${text}”下面都是数字`,
    short: '第一行比其他行短得多，而且只有像名称的词',
    alike: '第一行与其他行相似',
  },
  row: {
    huge: ({ millions, text }) => `超过 ${millions * 100} 万个字符：${text}`,
    notJson: ({ why }) => `不是有效的 JSON：${why}`,
    deep: ({ name }) => `“${name}”嵌套太深`,
    deepValue: '有一个值嵌套太深',
    list: '这里是列表，应该是带名称的值组成的对象',
    value: ({ value }) => `这里是 ${value}，应该是带名称的值组成的对象`,
    fields: ({ n, wanted, text }) => `有 ${n} 个字段，应为 ${wanted} 个：${text}`,
    program: '这是 JavaScript 模块而不是数据：会按纯文本训练。要使用其中的行，请把它导出的内容存为 JSON',
    lostLetters: '文件里有替换字符（U+FFFD）：到这里之前已经丢失了一些字符',
    halfCharacter: '半个字符（孤立的代理项）被替换为 U+FFFD',
    moreNotes: ({ n }) => `……还有 ${n} 条说明`,
  },
  json: {
    at: ({ why, place, text }) => `${why}，在第 ${place} 个字符处：${text}`,
    more: '结束之后还有文本',
    end: '末尾缺少一个值',
    deep: '嵌套太深',
    unexpected: ({ text }) => `“${text}”不是值`,
    noValue: ({ sign }) => `“${sign}”前缺少一个值`,
    noKey: '缺少带引号的名称',
    noColon: '名称后缺少冒号',
    noComma: ({ sign }) => `“${sign}”前缺少逗号`,
    openObject: '有一个 { 没有闭合',
    openList: '有一个 [ 没有闭合',
    openString: '有一个引号没有闭合',
    escape: '反斜杠后面的字符不能这样写',
    loose: {
      nan: ({ n }) => `${n} 条记录含有 NaN 或 Infinity，它们不是 JSON：按空值读取`,
      comma: ({ n }) => `${n} 条记录多了或少了逗号：已忽略`,
      python: ({ n }) => `${n} 条记录是 Python 的写法（'…'、None）：按此读取`,
      lineBreak: ({ n }) => `${n} 条记录的引号里有换行：已保留`,
      comment: ({ n }) => `${n} 条记录含有注释：已略过`,
      bareKey: ({ n }) => `${n} 条记录的名称没有引号：按有引号读取`,
    },
    inside: ({ key, others }) => `文件是单个对象：行取自“${key}”${others ? `；没有读取：${others}` : ''}`,
    insideLarge: '文件是单个很大的对象：行取自其中的第一个列表',
  },
  noChat: {
    none: '不是对话轮次的列表',
    empty: '对话轮次的列表是空的',
    json: ({ why }) => `对话轮次的列表无法读取：${why}`,
    role: ({ names }) => `未知的说话者：${names}`,
    keys: ({ names }) => `列表的条目不是对话轮次，它们含有 ${names}`,
    content: ({ key }) => `某一轮的“${key}”不是文本`,
  },
  parts: {
    toolCalls: '工具调用被略去',
    toolResults: '工具的结果被当作用户的话读取',
    reasoning: '推理内容被略去',
    names: '说话者的名字被略去',
    tools: '工具列表被略去',
    images: '图片被略去',
    audio: '声音被略去',
    files: '文件被略去',
  },
  nothing: {
    calls: '它的回答是没有文本的工具调用，而这个模板不写工具调用',
    weights: '它的回答都不参与训练（weight 0 或 train: false）',
  },
  evidence: {
    pictures: ({ n, some, more }) => `图片在 ${n} 个文件夹中，文件夹名就是类别：${some}${more ? '、……' : ''}`,
    preferred: ({ chosen, rejected }) => `两个互相比较的回答：用“${chosen}”训练，从不用“${rejected}”`,
    ranked: ({ column }) => `“${column}”每行有两个回答，较好的在前：只用第一个训练，从不用另一个`,
    twoParts: ({ asked, answer }) => `“${asked}”是提示词，“${answer}”用于训练`,
    twoTexts: ({ a, b }) => `两段文本“${a}”和“${b}”，以及对它们的判断`,
    measured: ({ column, n }) => `“${column}”里有 ${n} 个不同的数：按文本训练，不作为划分用的标签`,
    unreadChat: ({ column }) => `“${column}”看起来是对话轮次的列表，但看过的都无法读取`,
    chat: {
      named: ({ column }) => `“${column}”里是对话轮次的列表`,
      keyed: ({ column }) => `“${column}”里的列表为每个说话者用一个键`,
      pairs: ({ column }) => `“${column}”里是一问一答的列表`,
      texts: ({ column }) => `“${column}”里是文本的列表，按轮流说话读取`,
      transcript: ({ column }) => `“${column}”里是对话记录（Human: … Assistant: …）`,
      messages: ({ column }) => `“${column}”里是对话轮次的列表，含“role”和“content”（聊天消息）`,
      sharegpt: ({ column }) => `“${column}”里是对话轮次的列表，含“from”和“value”（ShareGPT）`,
    },
    chats: ({ chats, looked, turns }) => `看过的 ${looked} 个里有 ${chats} 个可以读作对话，平均 ${turns} 轮`,
    named: ({ names }) => `有名为 ${names.slice(0, -1).join('、')} 和 ${names.at(-1)} 的列`,
    filled: ({ column, filled, rows }) => `${rows} 行中有 ${filled} 行填写了 ${column}`,
    labels: ({ n, column, some, more, looked }) =>
      `“${column}”里${looked === null ? '' : `（在查看过的 ${looked} 行中）`}有 ${n} 个不同的值：${some}${more ? '……' : ''}`,
    length: ({ column, characters }) => `“${column}”里的文本平均 ${characters} 个字符`,
    plain: ({ texts }) => `纯文本文件，含 ${texts} 段文本`,
    oneNamed: ({ column }) => `有一列名为 ${column}`,
    twoColumns: '有两列自由文本，第一列当作提示词',
    oneColumn: '只有一列',
    longest: ({ column }) => `没有列使用这里认识的名称，“${column}”里的文本最长`,
  },

  examples: {
    fewTokens: { message: '一个样本至少要能容纳 8 个词元。', hint: '请调大最大序列长度。' },
    manyTokens: ({ most }) => ({ message: `一个样本最多 ${most} 个词元。`, hint: '请调小最大序列长度。' }),
    share: { message: '验证集占比必须在 0 到 0.5 之间。', hint: '常用值是 0.1 和 0.2。' },
    fewExamples: { message: '至少要允许 2 个样本。', hint: '请调大“最多样本数”。' },
    tooManyTokens: ({ millions }) => ({
      message: `数据超过 ${millions * 100} 万个词元。`,
      hint: '请调小“最多样本数”：这里几千个已经足够。',
    }),
    noEnd: '这个分词器没有表示文本结束的词元，因此模型学不会停下来。',
    endless: ({ n, stops }) =>
      `${n} 个样本没有以生成时会停止的词元结尾（${stops === '' ? '这个模型没有指定' : stops}）：模型学不会停下来。`,
    validationOnly: ({ labels }) => `只在验证集中、从未用于训练：${labels}。请调大“最多样本数”，或调小验证集。`,
    learntOnly: ({ labels }) => `只在训练集中、不会评估（样本太少）：${labels}。`,
    imbalance: ({ most, share, least, n }) =>
      `类别不平衡：${share} % 的样本是“${most}”，“${least}”只有 ${n} 个。总是回答“${most}”就能对 ${share} %：请同时看宏平均 F1，并为少见的标签补充样本。`,
    manyLabels: ({ n, most }) =>
      `标签列在样本中有 ${n} 个不同的值。超过 ${most} 个，或者大多只出现一次时，就当作文本：不按标签划分，也没有准确率。`,
    needLabels: {
      message: '当前模型用于区分类别，或将被训练成这样（任务类型 SEQ_CLS），因此需要带标签的数据。',
      hint: '请选择任务“文本分类”并指定标签列；或打开能生成文本的模型，并在“设置”中把任务类型设为 CAUSAL_LM。',
    },
    noClassHead: {
      message: '该模型不能加分类头：transformers 没有这一系列的分类器。',
      hint: '请在“设置”中把任务类型设为 CAUSAL_LM：标签将作为文本学习。',
    },
    noClasses: ({ most }) => ({
      message: `标签列有超过 ${most} 个不同的值，或者大多只出现一次：这些不是类别。`,
      hint: '请选择其他标签列。',
    }),
    oneClass: ({ label }) => ({
      message: `所有样本的标签都是“${label}”，没有可区分的类别。`,
      hint: '请选择其他标签列，或补充其他类别的样本。',
    }),
    firstLine: ({ label }) => `标签“${label}”只出现在第一行。如果那一行是列名，请在“文件”里这样选择。`,
    emptyFile: '验证集文件里没有可用的行，因此从其他文件里划出一部分作为验证集。',
    lostPrompt: ({ n }) => `有 ${n} 个样本失去了整个提示词：单是回答就占满了窗口。请调大最大序列长度。`,
    lastOnly: ({ n }) => `有 ${n} 段对话只用最后一个回答训练：后面还有发言时，模板会改写之前的回答。`,
    unread: ({ windows }) => `只用了文本的前 ${windows} 个窗口。要用上全部文本，请调大“最多样本数”。`,
    noSplit: ({ why }) => ({
      message: {
        none: '没有剩下可以训练的样本。',
        one: '只剩一个样本。',
        ask: '所有样本的提示词都相同。',
        same: '所有样本都相同。',
      }[why],
      hint:
        why === 'one'
          ? '至少需要 2 个：一个用于训练，一个用于验证。文本文件可以按行或按段落取样本，见“文件”。'
          : '至少需要 2 个不同的样本：一个用于训练，一个用于验证。请查看数据问题、列映射和模板。',
    }),
    none: { message: '没有可以训练的样本。', hint: '请先载入数据。' },
    noSuch: ({ example }) => ({ message: `没有第 ${example} 个样本。` }),
    masked: { message: '这个批次的词元全部被遮蔽，没有计损失的词元。', hint: '请在预览里检查列映射和模板。' },
  },
  pictures: {
    folders: {
      message: '这些图片没有按类别放在文件夹里。',
      hint: '请拖入一个文件夹（或其 zip），每个类别一个子文件夹：cats/1.png、dogs/1.png。',
    },
    many: ({ n, most }) => ({ message: `共有 ${n} 张图片，最多读取 ${most} 张。`, hint: LESS }),
    large: ({ path, mb, most }) => ({
      message: `${path} 有 ${mb} MB，一张图片最多读取 ${most} MB。`,
      hint: '请保存得小一些：模型只看几百个像素。',
    }),
    foreign: ({ path }) => ({
      message: `${path} 不是 PNG、JPEG 或 WebP 图片。`,
      hint: '请另存为其中一种，或将它去掉。',
    }),
    pixels: ({ path, width, height, most, side }) => ({
      message: `${path} 有 ${width} × ${height} 像素，最多解码 ${most} 百万像素，每边最多 ${side}。`,
      hint: '请保存得小一些：模型只看几百个像素。',
    }),
    damaged: ({ path, why }) => ({ message: `${path} 无法解码：${why}`, hint: '请重新保存，或将它去掉。' }),
    textModel: {
      message: '这些文件是图片，而打开的模型读取文本。',
      hint: '请在“模型”下打开一个视觉 Transformer：填写编号（例如 google/vit-base-patch16-224），或选择文件夹。',
    },
    pictureModel: {
      message: '打开的模型读取图片，而这些数据是文本。',
      hint: '请拖入一个文件夹或 zip，每个类别一个图片文件夹；或打开另一个模型。',
    },
    tooMuch: ({ n, most, size, mb }) => ({
      message: `共有 ${n} 张图片；每张 ${size} × ${size} 像素时，${most} 张就占 ${mb} MB，这是上限。`,
      hint: `请在“划分”中把最多样本数设为 ${most} 或更少。`,
    }),
    classes: ({ n, most }) => ({
      message: `这些图片有 ${n} 个类别，最多区分 ${most} 个。`,
      hint: '请去掉一些文件夹。',
    }),
    oneClass: {
      message: '能读取的图片都属于同一个类别。',
      hint: '至少需要两个类别：每个类别一个图片文件夹。',
    },
  },
  chatTemplate: {
    noTokenizer: { message: '还没有分词器。', hint: '请先打开一个模型：它的分词器带有对话模板。' },
    prompt: ({ why }) => ({ message: `对话模板不接受这个提示词：${why}`, hint: '请修改提示词，或用普通模板训练。' }),
  },
};
