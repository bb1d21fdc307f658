import type { Texts } from '../../en';

const OTHER = '请选择其他模型。';
const CONNECTION = '请检查网络连接后重试。';
const RELOAD = '请重新下载模型。';
const OTHER_TEMPLATE = '请使用普通模板，或换一个模型。';

export const hub: Texts['errors']['hub'] = {
  source: {
    hubId: ({ id }) => ({
      message: `“${id}”不是模型编号。`,
      hint: 'Hugging Face 编号的形式是“所有者/名称”，例如 HuggingFaceTB/SmolLM2-135M。',
    }),
    embeddedId: ({ id }) => ({ message: `“${id}”不是模型编号。`, hint: '请选择 Sieve 自带的模型。' }),
    revision: ({ revision }) => ({
      message: `“${revision}”不是有效的修订版本。`,
      hint: '请使用分支（main）、标签或提交。',
    }),
    address: ({ host, why, usual }) => ({ message: `“${host}”不是网址（${why}）。`, hint: `通常的主机是 ${usual}。` }),
    host: ({ host }) => ({ message: `“${host}”不能用作模型主机。`, hint: '请使用不带用户名和密码的 https:// 地址。' }),
    path: ({ path }) => ({ message: `“${path}”不是仓库内的路径。`, hint: '请从列出的文件中选择。' }),
    folder: ({ id }) => ({
      message: `文件夹“${id}”已不再打开。`,
      hint: '请重新打开它：网页不能一直保留对文件夹的访问。',
    }),
  },
  fetch: {
    unauthorized: ({ host, file }) => ({
      message: `${host} 要求登录才能获取 ${file}。`,
      hint: '模型是私有的、需要授权，或者编号写错了。Sieve 下载时不发送凭据：请选择公开的模型。',
    }),
    forbidden: ({ host, file }) => ({
      message: `${host} 不允许你获取 ${file}。`,
      hint: '这个模型需要所有者授权。请选择公开的模型。',
    }),
    missing: ({ host, file }) => ({
      message: `${host} 上的这个模型没有 ${file}。`,
      hint: '请检查模型编号和修订版本；模型必须含有 config.json、tokenizer.json 和权重（onnx 文件夹或 model.safetensors）。',
    }),
    rateLimited: ({ host }) => ({ message: `${host} 要求放慢速度。`, hint: '短时间内下载太多。请等几分钟再试。' }),
    server: ({ host, status, file }) => ({
      message: `${host} 对 ${file} 的请求返回了 ${status}。`,
      hint: '服务器有问题。请稍后再试。',
    }),
    blocked: ({ host }) => ({
      message: `这个页面不能与 ${host} 通信：它的内容安全策略不允许。`,
      hint: `托管这个页面的人需要把 ${host} 加入 connect-src。`,
    }),
    unreachable: ({ host, why }) => ({
      message: `无法连接 ${host}（${why}）。`,
      hint: `${CONNECTION}Sieve 自带的模型不需要网络。`,
    }),
    tooLarge: ({ file, most }) => ({ message: `${file} 大于 ${most}。`, hint: '请选择更小的模型。' }),
    missingHere: ({ folder, file }) => ({
      message: `文件夹“${folder}”里没有 ${file}。`,
      hint: '它必须含有 config.json、tokenizer.json、tokenizer_config.json 和权重（model.safetensors 或 onnx/model.onnx）。',
    }),
    noRoom: ({ file, size }) => ({
      message: `这个标签页没有足够的内存放下 ${file}（${size}）。`,
      hint: '请选择这个模型更小的文件（文件列表里的 fp16）或更小的模型，并关闭其他标签页。',
    }),
    noContent: ({ file }) => ({ message: `收到的 ${file} 没有内容。`, hint: '请重试。' }),
    brokeOff: ({ file, after, why }) => ({ message: `${file} 下载到 ${after} 时中断（${why}）。`, hint: CONNECTION }),
    stalled: ({ file, after, seconds }) => ({
      message: `${file} 的下载在 ${after} 之后停住了：${seconds} 秒内没有收到任何内容。`,
      hint: `${CONNECTION}再试一次会从中断的地方继续。`,
    }),
    truncated: ({ file, bytes, total }) => ({
      message: `${file} 共 ${total} 字节，只收到 ${bytes} 字节。`,
      hint: '下载被截断了。请重试。',
    }),
    different: ({ file }) => ({
      message: `${file} 已完整收到，但不是 Hub 上的文件：它的 SHA-256 不同。`,
      hint: '它在传输途中被改动了。请重试：会绕过浏览器缓存重新下载。',
    }),
    notJson: ({ file, why }) => ({
      message: `${file} 不是 JSON（${why}）。`,
      hint: '文件已损坏。请重试，或选择其他模型。',
    }),
  },
  push: {
    token: {
      message: '这不是 Hugging Face 的访问令牌。',
      hint: '令牌以 hf_ 开头。请在 huggingface.co 的 Settings → Access Tokens 里新建一个有写权限的令牌。',
    },
    elsewhere: ({ hub, host }) => ({
      message: `${hub} 要求把文件发送到 ${host}，因此没有提交任何内容。`,
      hint: `这个页面只向 ${hub} 及其存储发送文件。请保存 zip，再用 hf upload 命令上传。`,
    }),
    unreachable: ({ host, why }) => ({
      message: `无法连接 ${host}（${why}），因此没有提交任何内容。`,
      hint: CONNECTION,
    }),
    unauthorized: ({ host }) => ({
      message: `${host} 不接受这个访问令牌。`,
      hint: '令牌可能输错、过期或已撤销。请新建一个有写权限的令牌。',
    }),
    forbidden: ({ host, repository }) => ({
      message: `${host} 不允许这个访问令牌写入 ${repository}。`,
      hint: '令牌需要写权限，编号里的所有者必须是你自己或你可以写入的组织。',
    }),
    missing: ({ host, repository }) => ({
      message: `${host} 上没有这个访问令牌可用的 ${repository}。`,
      hint: '请检查编号，或新建仓库。',
    }),
    exists: ({ host, repository }) => ({
      message: `${host} 上已有 ${repository}。`,
      hint: '请换一个名称，或选择“已有仓库”向其添加一次提交（推送中断之后也是如此）。',
    }),
    large: ({ host }) => ({
      message: `文件对 ${host} 来说太大。`,
      hint: '请用 f16 或 bf16 写数值，或只推送适配器。',
    }),
    refused: ({ host, status, why }) => ({
      message: `${host} 返回了 ${status}${why ? `（${why}）` : ''}，因此没有提交任何内容。`,
      hint: '如果是服务器的问题，请稍后再试。',
    }),
    answer: ({ host, why }) => ({
      message: `推送到 ${host} 失败：${why}。`,
      hint: '请保存 zip，再用 hf upload 命令上传。',
    }),
  },
  config: ({ what }) => ({
    message: `这个模型不能在这里训练：${what}。`,
    hint: '请选择 Sieve 能训练的系列中的模型。',
  }),
  configHas: {
    labels: ({ value, most }) => `id2label（${value}）没有从 0 起列出 2 到 ${most} 个类别`,
    noClassHead: ({ family }) => `它是 ${family} 系列的分类模型，而 transformers 没有这一系列的分类器`,
    pictureSize: ({ value, pixels }) =>
      `preprocessor_config.json 把图片缩放到 ${value}，而模型读取 ${pixels} × ${pixels} 像素`,
    noObject: ({ what }) => `${what} 不是对象`,
    missing: ({ field }) => `config.json 没有写明 ${field}`,
    notWhole: ({ field, value, low, high }) => `${field} 是 ${value}，必须是 ${low} 到 ${high} 的整数`,
    outside: ({ field, value, low, high }) => `${field} 是 ${value}，必须在 ${low} 到 ${high} 之间`,
    noFlag: ({ field, value }) => `${field} 是 ${value}，必须是 true 或 false`,
    noList: ({ field, value, length }) => `${field} 是 ${value}，必须是含 ${length} 项的列表`,
    other: ({ field, value, wanted }) => `${field} 是 ${value}，而不是“${wanted}”`,
    modelType: ({ value, known }) => `它的 model_type 是 ${value}；Sieve 能训练 ${known}`,
    quantised: '它的权重是量化的（quantization_config）',
    attentionBias: '它的注意力层有偏置（attention_bias）',
    mlpBias: '它的 MLP 层有偏置（mlp_bias）',
    pretrainingTp: 'pretraining_tp 大于 1',
    heads: ({ heads, kvHeads }) => `${heads} 个注意力头不能平均共用 ${kvHeads} 个键值头`,
    hiddenSize: ({ size, heads }) => `hidden_size ${size} 不能均分给 ${heads} 个头`,
    notMultiple: ({ field, size, of }) => `${field} 是 ${size}，必须是 ${of} 的倍数`,
    wideHeads: ({ heads, headDim, most }) =>
      `${heads} 个大小为 ${headDim} 的头共宽 ${heads * headDim}，最多只能是 ${most}`,
    scaledRope: ({ key, type }) => `它的 RoPE 经过缩放（${key} 的类型是 ${type}）`,
    manyTokens: ({ key, n }) => `${key} 列出了 ${n} 个词元`,
    noToken: ({ key, id, vocab }) => `${key} 里有 ${id}，它不是 ${vocab} 个词元之一`,
  },
  tokenizer: ({ why }) => ({ message: `无法使用 tokenizer.json：${why}。`, hint: OTHER }),
  tokenizerHas: {
    noModel: '它没有描述模型',
    noConfig: 'tokenizer_config.json 不是对象',
    deep: '它的步骤嵌套过深',
    unexpected: ({ where }) => `${where} 处的内容无法识别，或超出范围`,
    notBuilt: '无法用它建立分词器',
    slow: ({ seconds }) => `它在 ${seconds} 秒内没有变成分词器`,
    foreignId: ({ id }) => `它给出了 ${id}，这不是词元`,
    beyond: ({ largest, vocab }) => `它最大的词元编号是 ${largest}，而模型只有 ${vocab} 个词元`,
  },
  model: {
    quantisedOnly: ({ model, files }) => ({
      message: `${model} 只有不能用来训练的量化权重（${files}）。`,
      hint: 'Sieve 读取 fp32、fp16、q4、q4f16 的 ONNX 文件，safetensors，以及 GGUF。',
    }),
    classesFrom: ({ model, files }) => ({
      message: `${model} 用于区分类别；Sieve 从 safetensors 打开这类模型，文本模型也可从 fp32、fp16 或 q4 的 ONNX 打开，而这里只有 ${files}。`,
      hint: '请选择原始模型的仓库：那里通常有 model.safetensors。',
    }),
    noWeights: ({ model }) => ({
      message: `${model} 没有 Sieve 能读取的权重。`,
      hint: '请检查模型编号，或选择含有 safetensors、ONNX（fp32、fp16、q4、q4f16）或 GGUF 文件的模型。',
    }),
    noFile: ({ model, file }) => ({ message: `${model} 没有 ${file}。`, hint: '请重新列出文件，并选择另一个。' }),
    unreadable: ({ file }) => ({ message: `${file} 的存储形式不能用来训练。`, hint: '请选择这个模型的其他文件。' }),
    missingData: ({ file }) => ({ message: `缺少模型的数据文件 ${file}。`, hint: RELOAD }),
    manyFiles: { message: '模型被拆成了 64 个以上的数据文件。', hint: OTHER },
    released: { message: '权重已经释放。', hint: '请重新打开模型。' },
    runtime: ({ file, why }) => ({
      message: `ONNX Runtime 无法载入 ${file}（${why}）。`,
      hint: '文件可能已损坏，或是为其他运行时制作的。请选择其他模型。',
    }),
    runtimeMemory: ({ file, mib }) => ({
      message: `内存不足，无法用 ONNX Runtime 校验 ${file}（${mib} MiB）。`,
      hint: '请选择这个模型更小的文件（文件列表里的 fp16）或它的 safetensors，并关闭其他标签页。',
    }),
    runtimeSlow: ({ seconds }) => `它在 ${seconds} 秒内没有结束`,
    runtimeEnded: '它的 worker 停止了',
    logits: ({ tokens, of }) => ({
      message: `${of} 个词元中，ONNX Runtime 只给出了 ${tokens} 个的 logits。`,
      hint: '请选择计算图保留所有位置的模型。',
    }),
  },
  weights: {
    missing: ({ weight }) => ({
      message: `safetensors 文件里没有 ${weight}。`,
      hint: 'config.json 与权重不是一套，或者缺少文件。',
    }),
    twice: ({ weight }) => ({
      message: `有两个 safetensors 文件都含有 ${weight}。`,
      hint: '这些文件不是一套。请重新下载模型。',
    }),
    shape: ({ weight, stored, wanted }) => ({
      message: `${weight} 存储的形状是 [${stored}]，而按 config.json 应为 [${wanted}]。`,
      hint: 'config.json 与 safetensors 文件不是一套。',
    }),
    index: ({ most }) => ({
      message: `model.safetensors.index.json 没有列出同一文件夹里的 1 到 ${most} 个 safetensors 文件。`,
      hint: OTHER,
    }),
  },
  graph: {
    quantised: ({ what, op }) => ({
      message: `这个 ONNX 文件含有${{ int4: ' 4 位权重', int8: ' 8 位权重', weights: '量化的权重' }[what]}（${op}）${what === 'int8' ? '，还把激活值舍入到 8 位，因此无法验证用它计算的结果' : ''}。`,
      hint: 'Sieve 用 fp32、fp16、q4 和 q4f16 文件（model.onnx、model_fp16.onnx、model_q4.onnx、model_q4f16.onnx）训练。',
    }),
    quantisedAs: ({ node, op, what }) => ({
      message: `${node} 含有量化的权重（${op}），其形式 Sieve 不能读取：${what}。`,
      hint: OTHER,
    }),
    unsupported: ({ what }) => ({ message: `这个 ONNX 计算图的计算与 config.json 不符：${what}。`, hint: OTHER }),
    has: {
      noClasses: ({ outputs }) =>
        `它既不给出类别的 logits，也不给出隐藏状态（输出：${outputs}）；这样的模型请从 safetensors 打开，那时会初始化新的分类头`,
      interleaved: '它的 RoPE 旋转的是相邻的值（interleaved）',
      window: '它的注意力只看一个窗口（local_window_size）',
      softcap: '它的注意力分数有上限（softcap）',
      scaled: ({ node }) => `${node} 缩放或转置了输入`,
      bias: ({ node }) => `${node} 有偏置`,
    },
    shape: ({ weight, stored, wanted }) => ({
      message: `权重 ${weight} 存储的形状是 [${stored}]，而按 config.json 应为 [${wanted}]。`,
      hint: 'config.json 与 ONNX 文件不是一套。',
    }),
    noWeight: ({ weight }) => ({
      message: `ONNX 计算图里没有能认作 ${weight} 的权重。`,
      hint: 'Sieve 读取由 optimum、transformers.js、torch.onnx 或 onnxruntime-genai 导出的模型。',
    }),
    overlap: ({ a, b, file }) => ({
      message: `张量“${a}”和“${b}”在 ${file} 里重叠。`,
      hint: '模型已损坏。请重新下载，或选择其他模型。',
    }),
    twoWeights: ({ name, a, b }) => ({ message: `ONNX 计算图里有两个 ${name} 的权重：“${a}”和“${b}”。`, hint: OTHER }),
    outside: ({ tensor, file }) => ({
      message: `张量“${tensor}”指向模型文件夹之外的数据文件“${file}”。`,
      hint: '模型已损坏，或带有恶意。请选择其他模型。',
    }),
    type: ({ tensor, type }) => ({
      message: `张量“${tensor}”存的是 ${type} 类型的值。`,
      hint: 'Sieve 读取 fp32、fp16、q4 和 q4f16 模型（model.onnx、model_fp16.onnx、model_q4.onnx、model_q4f16.onnx）。',
    }),
  },
  onnx: ({ what }) => ({
    message: `ONNX 文件已损坏，或者不是 ONNX 模型：${what}。`,
    hint: '请重新下载模型，或选择其他模型。',
  }),
  onnxHas: {
    cutOff: ({ bytes, level }) => `它在 ${bytes} 字节处结束，停在一个 ${level} 中间`,
    noGraph: '里面没有计算图',
    twoGraphs: '里面有两个计算图',
    endless: ({ at }) => `第 ${at} 字节处的数没有结束`,
    impossible: ({ at }) => `第 ${at} 字节处有不可能的字段`,
    wireType: ({ type, at }) => `第 ${at} 字节处的 wire type 是 ${type}`,
    tooLong: ({ at, length, level }) => `第 ${at} 字节处的字段声称有 ${length} 字节，超过了它所在的 ${level}`,
    unpacked: ({ tensor, field }) => `张量“${tensor}”的 ${field} 没有打包存储`,
    longName: ({ bytes }) => `有一个名称长达 ${bytes} 字节`,
    longList: ({ bytes }) => `有一个列表长达 ${bytes} 字节`,
    manyNodes: ({ most }) => `节点超过 ${most} 个`,
    manyTensors: ({ most }) => `张量超过 ${most} 个`,
    manyFields: ({ most }) => `字段超过 ${most} 个`,
    manyIn: ({ most, what }) =>
      `有一处的${{ dimensions: '维度', values: '属性值', inputs: '输入', outputs: '输出', pieces: '数据块' }[what]}超过 ${most} 个`,
    manyEntries: '有一个张量的 external_data 条目太多',
    twiceData: ({ tensor }) => `张量“${tensor}”的数据存了两次`,
    twiceNamed: ({ tensor }) => `有两个张量都叫“${tensor}”`,
    noOperator: '有一个节点没有算子',
    shape: ({ tensor, dims }) => `张量“${tensor}”的形状是 [${dims}]`,
    entry: ({ tensor, key, value }) => `张量“${tensor}”的 ${key} 是“${value}”`,
    externalSize: ({ tensor, bytes, dims }) => `张量“${tensor}”的外部数据有 ${bytes} 字节，与形状 [${dims}] 不符`,
    outsideData: ({ tensor, file, bytes }) => `张量“${tensor}”超出了 ${file}（${bytes} 字节）`,
    outside: ({ tensor }) => `张量“${tensor}”超出了文件`,
    size: ({ tensor, bytes, dims }) => `张量“${tensor}”有 ${bytes} 字节，与形状 [${dims}] 不符`,
    noField: ({ tensor, field }) => `张量“${tensor}”没有 ${field}`,
    fieldSize: ({ tensor, bytes, field, dims }) => `张量“${tensor}”的 ${field} 有 ${bytes} 字节，与形状 [${dims}] 不符`,
    not16Bit: ({ tensor }) => `张量“${tensor}”里有一个值不是 16 位数`,
    values: ({ tensor }) => `张量“${tensor}”的值太多或太大`,
    filled: ({ tensor, bytes, of }) => `张量“${tensor}”应有 ${of} 字节，只有 ${bytes} 字节`,
  },
  gguf: ({ what }) => ({
    message: `GGUF 文件已损坏，或者 Sieve 不能读取：${what}。`,
    hint: '请重新下载模型，或选择其他模型。',
  }),
  ggufHas: {
    noMagic: '开头不是 GGUF 文件的标记',
    version: ({ version }) => `版本是 ${version}，不是 2 或 3`,
    cutOff: ({ bytes, at }) => `文件有 ${bytes} 字节，而第 ${at} 字节处的内容还需要更多`,
    long: ({ bytes, most }) => `有一段文本长达 ${bytes} 字节；最多读取 ${most} 字节`,
    many: ({ what, most }) => `${{ tensors: '张量', keys: '键', items: '列表中的值' }[what]}超过 ${most} 个`,
    valueType: ({ type, at }) => `第 ${at} 字节处的值类型是 ${type}`,
    deep: ({ at }) => `第 ${at} 字节处的列表嵌套过深`,
    twice: ({ name }) => `“${name}”出现了两次`,
    rank: ({ tensor, rank }) => `张量“${tensor}”有 ${rank} 个维度`,
    shape: ({ tensor, dims }) => `张量“${tensor}”的形状是 [${dims}]`,
    alignment: ({ value }) => `对齐是 ${value}`,
    outside: ({ tensor }) => `张量“${tensor}”超出了文件`,
    type: ({ tensor, type }) => `张量“${tensor}”的量化方式不能读取（ggml 类型 ${type}）`,
    row: ({ tensor, type, width, block }) => `张量“${tensor}”每行有 ${width} 个值，而 ${type} 每块是 ${block} 个`,
    noTensor: ({ tensor }) => `没有 ${tensor} 的张量`,
    otherShape: ({ tensor, dims, wanted }) => `${tensor} 的形状是 [${dims}]，而按元数据应为 [${wanted}]`,
    unread: ({ tensor }) => `它描述的模型里没有张量“${tensor}”的位置`,
    turned: ({ turned, size }) => `RoPE 只旋转每个头 ${size} 维中的 ${turned} 维`,
  },
  ggufArchitecture: ({ name, known }) => ({
    message: `这个 GGUF 文件里的模型架构是“${name}”。`,
    hint: `Sieve 读取这些架构的 GGUF 文件：${known}。请选择该模型的其他文件，或选择其他模型。`,
  }),
  ggufRope: ({ scaling }) => ({
    message: `这个 GGUF 文件缩放 RoPE 的方式 Sieve 不能读取（${scaling}）。`,
    hint: '请选择该模型的其他文件（ONNX 或 safetensors）。',
  }),
  ggufTokenizer: ({ what, value }) => ({
    message: {
      model: `Sieve 不认识这个 GGUF 文件的分词器种类：${value}。`,
      pre: `Sieve 不认识这个 GGUF 文件的分词器切分文本的方式：${value}。`,
      tokens: `这个 GGUF 文件的分词器不完整：缺少 ${value}，或者它不是正确的列表。`,
      long: `这个 GGUF 文件的分词器有一个过长的片段：“${value}”。`,
    }[what],
    hint: '请选择该模型的其他文件（ONNX 或 safetensors）。',
  }),
  safetensors: ({ file, what }) => ({ message: `${file} 已损坏：${what}。`, hint: '请重新保存或下载这个文件。' }),
  safetensorsHas: {
    short: '太短，放不下文件头',
    header: ({ bytes, of }) => `文件头声称有 ${bytes} 字节，而文件一共 ${of} 字节`,
    notJson: ({ why }) => `文件头不是 JSON（${why}）`,
    noObject: '文件头不是对象',
    manyTensors: ({ most }) => `列出的张量超过 ${most} 个`,
    overlap: ({ tensor }) => `张量“${tensor}”与另一个重叠`,
    gap: ({ tensor }) => `张量“${tensor}”前面有空隙`,
    cover: ({ bytes, of }) => `张量只覆盖了 ${of} 字节中的 ${bytes} 字节`,
    noTensor: ({ tensor }) => `里面没有张量“${tensor}”`,
    unreadable: ({ tensor, type }) => `张量“${tensor}”的类型是 ${type}，只能读取 F32、F16 和 BF16`,
    noDescription: ({ tensor }) => `张量“${tensor}”没有描述`,
    type: ({ tensor, type }) => `张量“${tensor}”的类型 ${type} 未知`,
    shape: ({ tensor }) => `张量“${tensor}”没有有效的形状`,
    offsets: ({ tensor }) => `张量“${tensor}”没有有效的偏移`,
    outside: ({ tensor }) => `张量“${tensor}”超出了文件`,
    misfit: ({ tensor, bytes }) => `张量“${tensor}”的形状与它的 ${bytes} 字节不符`,
  },
  write: {
    values: ({ tensor, values, dims }) => ({ message: `张量“${tensor}”有 ${values} 个值，与形状 [${dims}] 不符。` }),
    twice: ({ tensor }) => ({ message: `张量“${tensor}”出现了两次。` }),
  },
  chatTemplate: {
    endless: { message: '对话模板会无休止地生成文本，因此已被停止。', hint: OTHER_TEMPLATE },
    long: ({ characters, most }) => ({
      message: `对话模板有 ${characters} 个字符；最多读取 ${most} 个。`,
      hint: '请使用普通模板。',
    }),
    unreadable: ({ why }) => ({ message: `无法读取对话模板：${why}`, hint: OTHER_TEMPLATE }),
    today: '它要求今天的日期（strftime_now），而 Sieve 不提供：今天用来训练的提示词，明天必须写同样的日期',
    answer: '填入回答后，模板给回答写的开头与请求回答时写的不同',
  },
};
