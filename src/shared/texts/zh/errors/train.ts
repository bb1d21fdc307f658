import { kindLabel } from '../../../settings/names';
import type { Texts } from '../../en';

const AGAIN = '请重新导出适配器。';
const OWN_MODEL = '请打开训练这个适配器时所用的模型。';

export const train: Texts['errors']['train'] = {
  progress: {
    tuning: '正在选择这块 GPU 上最快的矩阵乘法',
    comparing: '正在与参照对比 logits',
    gradients: '正在把 GPU 的梯度与 CPU 的对比',
    classifying: '正在对验证样本分类',
  },
  difference: ({ token, piece, entry, here, there }) =>
    `第 ${token} 个词元（“${piece}”）、词表第 ${entry} 项：这里是 ${here}，参照是 ${there}`,
  otherToken: ({ token, piece, here, there }) =>
    `第 ${token} 个词元（“${piece}”）之后，最可能的词元这里是 ${here}，参照是 ${there}`,

  noRoomToCheck: '放不下模型的第二份副本',

  handOver: {
    pictures: {
      message: '读取图片的模型，其会话只能在 Sieve 中继续。',
      hint: '请导出适配器：PEFT 可以读取。',
    },
  },
  evaluate: {
    classes: {
      message: '适配器的分类头不认识这些样本的类别。',
      hint: '请使用标签与训练时类别相同的样本。',
    },
  },

  warning: {
    otherBase: ({ name, was, now }) =>
      `导入的适配器“${name}”是在 ${was} 上训练的。现在打开的模型（${now}）权重的值不同，适配器在它上面的效果可能更差。`,
    diverging: ({ loss, start }) =>
      `这个运行正在发散：训练损失升到了 ${loss}，高于开始时的 ${start}。它的更新太大。减小学习率或延长预热通常就能解决。`,
    skippedStep: ({ step, what, value, tensor }) =>
      `第 ${step} 步已跳过：${what === 'loss' ? `损失是 ${value}` : `梯度范数是 ${value}`}。${tensor === null ? '重复这一步时，所有张量都是有限的。' : `第一个异常的张量是 ${tensor}。`}适配器保持不变。`,
    wentBack: ({ step, rate }) => `连续三步无法计算，因此回到第 ${step} 步的适配器，以 ${rate} 倍学习率继续。`,
    thriftier: ({ step, split, runs, recompute }) =>
      `第 ${step} 步内存不足，已用更省内存的方式重做：${[
        `每遍 ${runs} 个运行`,
        ...(recompute ? ['反向传播时重新计算激活'] : []),
        ...(split > 1 ? [`每个批次分成 ${split} 个微批次并累积梯度`] : []),
      ].join('，')}。批次大小不变${split > 1 ? '；只有结果的最后几位可能不同' : '，结果也不变'}。`,
    blocked: ({ name, why }) =>
      `内核变体“${name}”在这块 GPU 上${why === null ? '计算出错' : `无法编译（${why}）`}，已改用普通变体：较慢，但正确。`,
    skippedSteps: ({ skipped, steps }) => `${steps} 步中有 ${skipped} 步因损失或梯度不是有限数而被跳过。`,
    module: ({ layer, kind }) => `第 ${layer} 层 ${kindLabel(kind)}`,
    skipsAll: ({ names, steps, why }) =>
      `${names.join('、')}：已有 ${steps} 步跳过了所有词元；${
        {
          'no-update': '那里的 B 仍是零，所以每个 r 都是 0，低于阈值，而跳过的词元不提供梯度',
          harmful: '按最近的门控梯度，它的更新会使损失升高',
          stuck: '阈值高于每个 r，而跳过的词元不提供梯度',
        }[why]
      }。可以重置阈值。`,
    allShut: ({ steps }) =>
      `所有门控已有 ${steps} 步跳过了所有词元，因此没有学习。减小 τ 学习率，或设负的稀疏惩罚，可以改变这一点。`,
    allShutAtZero: ({ steps }) =>
      `所有门控已有 ${steps} 步跳过了所有词元，因此没有学习。那里的 B 仍是零，所以每个 r 都是 0，低于阈值，而跳过的词元不提供梯度：请让 τ 的预热步数不少于学习率的预热步数。`,
    allOpen: ({ steps }) =>
      `阈值开始移动以来已有 ${steps} 步没有跳过任何词元：到目前为止这个运行就是普通的 LoRA。增大 τ 学习率，或设稀疏惩罚，可以改变这一点。`,
    neverMoved: ({ rest, steps }) =>
      `它的阈值从未移动：τ 预热要 ${rest} 步，而这个运行只有 ${steps} 步。没有跳过任何词元，所以它等同于没有门控的同一方法（TS-LoRA 等同于 LoRA）。延长运行，或缩短 τ 的预热，可以改变这一点。`,
    neverSkipped: ({ steps }) =>
      `${steps} 步中没有跳过任何词元，所以它等同于没有门控的同一方法（TS-LoRA 等同于 LoRA）。增大 τ 学习率，或设稀疏惩罚，可以改变这一点。`,
    noSamples: '内存太少，训练的同时放不下样例生成，所以不会有样例。',
    noAccuracy: '内存太少，训练的同时放不下对验证样本的分类，所以不会有准确率。',
  },
  session: {
    context: ({ tokens, most }) => ({
      message: `最大序列长度 ${tokens} 个词元超过了这个模型的 ${most} 个。`,
      hint: '请调小它。',
    }),
    refused: ({ error, first }) => ({
      message: `拒绝训练：这个模型的 logits 与参照相差最大值的 ${error}，首先出现在${first}。`,
      hint: 'Sieve 在这里无法正确计算这个模型，请选择其他模型，或在“模型”部分选择其他设备。',
    }),
    wrongGradients: ({ error, tensor }) => ({
      message: `拒绝训练：这个 GPU 的梯度与 CPU 的相差最大值的 ${error}，差得最多的是 ${tensor}。`,
      hint: 'GPU 或它的驱动计算出错。请在“模型”部分选择 CPU。',
    }),
    notFinite: ({ step, what, value, tensor }) => ({
      message: `第 ${step} 步：${what === 'loss' ? `损失是 ${value}` : `梯度范数是 ${value}`}：数值增长到无法继续计算。${tensor === null ? '重复这一步时，所有张量都是有限的。' : `第一个异常的张量是 ${tensor}。`}`,
      hint: '这个运行已两次回退并把学习率减半，仍然再次发生。请减小学习率或延长预热。这一步之前的适配器会保存。',
    }),
    noModule: ({ module, run }) => ({
      message: `运行“${run}”没有模块 ${module}。`,
      hint: '请选择正在训练的运行里的模块。',
    }),
    allFailed: { message: '所有运行都失败了，没有可以计时的步。', hint: '请先重新训练。' },
    devOfOne: { message: '要从训练集划出开发集，但只有一个样本。', hint: '请载入更多数据，或把开发集设为 0。' },
    foreign: ({ id, vocab }) => ({
      message: `数据里有词元编号 ${id}，而模型只有 ${vocab} 个词元。`,
      hint: '这些词元属于另一个模型：请用当前模型重新准备数据。',
    }),
    otherPictures: {
      message: '数据与模型读取的内容不同：一个是文本，或图片大小不同。',
      hint: '请用这个模型重新准备数据。',
    },
    unlabelled: {
      message: '该模型用于区分类别，或将被训练成这样（任务类型 SEQ_CLS），但数据没有可用的标签。',
      hint: '请在“数据”中选择任务“文本分类”，并指定标签列。',
    },
    noClasses: {
      message: '数据是为分类头准备的；当前模型将被训练成生成文本。',
      hint: '请用当前模型重新准备数据，或把任务类型设为 SEQ_CLS。',
    },
    empty: { message: '至少要有一个训练样本和一个验证样本。', hint: '请载入更多数据。' },
    noDev: { message: '没有开发集。', hint: '请把开发集设为大于 0。' },
    manyPrompts: ({ most }) => ({ message: `最多对 ${most} 个提示词采样。`, hint: '请去掉一些。' }),
    longPrompt: ({ tokens, most }) => ({
      message: `有一个要采样的提示词有 ${tokens} 个词元，这个模型接受 1 到 ${most} 个。`,
      hint: '请缩短它。',
    }),
  },
  studio: {
    gpuLost: ({ reason }) => ({
      message: `GPU 丢失（${reason}）。`,
      hint: '请重新打开模型，或改用 CPU 计算。如果再次发生，请选择更小的批次。',
    }),
    noModel: { message: '没有打开模型。', hint: '请先打开一个模型。' },
    noSession: { message: '没有运行。', hint: '请先按“训练”。' },
    noRun: ({ run }) => ({ message: `没有名为“${run}”的运行。`, hint: '请先训练或导入一个。' }),
    noText: {
      message: '训练得到的模型用于区分类别，不生成文本。',
      hint: '如需提示词和示例，请以任务类型 CAUSAL_LM 训练能生成文本的模型。',
    },
    base: { message: '基座模型没有可以导出的适配器。', hint: '请选择一个运行。' },
    otherCheck: { message: 'check.json 与这个模型不符。', hint: OWN_MODEL },
    otherLogits: ({ error, allowed, model }) => ({
      message: `用上这个适配器后，打开的模型给出的 logits 与导出时不同（相差 ${error}，允许 ${allowed}）。`,
      hint: `它是在 ${model} 上训练的，请打开那个模型。`,
    }),
  },
  dataWorker: {
    noExamples: { message: '还没有样本。', hint: '请先准备数据。' },
    noData: { message: '还没有数据。', hint: '请先选择一个文件或示例数据。' },
    noTokenizer: { message: '还没有分词器。', hint: '请先打开一个模型：文本由它的分词器切分。' },
  },
  sieve: {
    going: { message: '训练还在进行，适配器仍在变化。', hint: '请等它结束，或停止它。' },
    none: '没有准备好可跳过更新的适配器。',
    method: ({ run }) => ({
      message: `${run} 不能事后加上门控。`,
      hint: '只适用于没有门控的 LoRA 和 DoRA。',
    }),
  },
  attribution: {
    method: ({ run }) => ({
      message: `无法归因 ${run} 的更新。`,
      hint: '适用于 LoRA，以及规则学习阈值、为后期门控或按符号的 TS-LoRA。',
    }),
    noTargets: { message: '这段文本没有已知目标的词元，因此没有损失。', hint: '请换用一个验证样本。' },
  },
  export: {
    onnxBase: ({ file }) => ({
      message: `基座是从 ${file} 打开的；ONNX 导出要用基座自己的 ONNX 文件。`,
      hint: '请在“模型”里打开该模型的 ONNX 文件，并在它上面训练。',
    }),
    onnx: ({ what }) => ({
      message: `基座的 ONNX 文件放不下这个适配器：${what}。`,
      hint: '请导出为 PEFT；没有门控的也可导出为 safetensors。',
    }),
    onnxHas: {
      branches: '它把两个计算图合在一个文件里',
      opset: ({ opset, least }) => `它的算子版本是 ${opset}，需要 ${least}`,
      product: ({ path }) => `${path} 在图中的位置不明确`,
      size: ({ bytes }) => `它会有 ${bytes} 字节，而这种文件最多 2 GiB`,
    },
    ggufGates: ({ run }) => ({
      message: `“${run}”不能成为 GGUF 适配器：llama.cpp 对每个词元都应用适配器，而它的门控会跳过一些。`,
      hint: '请导出为带门控的 ONNX，或 PEFT 适配器。',
    }),
    onnxClasses: {
      message: '基座的 ONNX 文件里没有训练过的分类头的位置。',
      hint: '请导出 PEFT 适配器；没有门控时也可导出合并后的模型。',
    },
    ggufClasses: {
      message: 'llama.cpp 没有用于分类模型的适配器。',
      hint: '请导出合并后的模型，或 PEFT 适配器。',
    },
    ggufMethod: ({ run, method }) => ({
      message: `“${run}”不能成为 GGUF 适配器：llama.cpp 只认识 LoRA 的更新，不认识 ${method} 的。`,
      hint: '请导出合并后的模型，llama.cpp 可以转换它。',
    }),
    ggufFamily: ({ family }) => ({
      message: `Sieve 不知道 llama.cpp 如何命名 ${family} 模型的各部分。`,
      hint: '请导出合并后的模型，llama.cpp 也许能转换它。',
    }),
    beyondHalf: ({ tensor }) => ({
      message: `${tensor} 里有 f16 容不下的值。`,
      hint: '请以 bf16 或 f32 导出。',
    }),
  },
  adapter: {
    randomGate: { message: '随机门控每次抽取不同的词元，没有可以导出的阈值。', hint: '请导出其他运行。' },
    merge: ({ run }) => ({
      message: `“${run}”不能并入基座模型：它的门控逐个词元决定应用多少更新。`,
      hint: '请导出适配器，或训练 LoRA、DoRA 或 AdaLoRA。',
    }),
    noJson: ({ file, why }) => ({ message: `${file} 不是 JSON：${why}`, hint: AGAIN }),
    wrong: ({ file, path, problem }) => ({
      message: `${file}：${path || '内容'}：${problem}`,
      hint: 'Sieve 可以打开 PEFT 的 LoRA、DoRA 和 AdaLoRA 适配器，以及它自己的包的 TS_LORA 和 TS_DORA。',
    }),
    perModule: { ranks: '不支持各模块不同的秩', alphas: '不支持各模块不同的 alpha' },
    large: { message: '这个适配器有一个文件大于 256 MiB。', hint: '请选择更小的适配器。' },
    notPeft: {
      message: '这不是 PEFT 适配器：缺少 adapter_config.json 或 adapter_model.safetensors。',
      hint: '请选择由 Sieve 或 PEFT 写出的 zip。',
    },
    gatedAdalora: { message: '带门控的 AdaLoRA 适配器：Sieve 只给 LoRA 和 DoRA 加门控。', hint: AGAIN },
    gateType: ({ type, is }) => ({ message: `适配器自称 ${type}，但它的更新是 ${is} 的。`, hint: AGAIN }),
    badThreshold: ({ path }) => ({ message: `${path} 的阈值不是 0 以上的数。`, hint: AGAIN }),
    scaling: { message: 'ts_peft.json 与 adapter_config.json 中更新的缩放不一致。', hint: AGAIN },
    noTensor: ({ name }) => ({ message: `适配器里没有 ${name}。`, hint: '它属于另一种大小的模型，请先打开那个模型。' }),
    otherStart: ({ start }) => ({
      message: `适配器以“${start}”（init_lora_weights）开始，它同时改变冻结的权重：在原来的模型上会是另一个适配器。`,
      hint: '请在 PEFT 里用 path_initial_model_for_weight_conversion 保存，这样就成为普通的 LoRA。',
    }),
    otherField: ({ field, tensors }) => ({
      message: `适配器需要 ${field}，而 Sieve 不读取它${tensors ? `；它含有 ${tensors}` : ''}。`,
      hint: `请不用 ${field} 训练，或把那部分并入模型。`,
    }),
    rankPattern: ({ path }) => ({ message: `${path} 的 rank_pattern 与它的张量不符。`, hint: AGAIN }),
    noThreshold: ({ path }) => ({ message: `ts_peft.json 里没有 ${path} 的阈值。`, hint: AGAIN }),
    classes: ({ n }) => ({
      message: `该适配器的分类头有 ${n} 个类别；Sieve 支持 2 到 1000 个。`,
      hint: OWN_MODEL,
    }),
    tensors: ({ n, expected }) => ({
      message: `适配器有 ${n} 个张量，而这个模型和它的设置使用 ${expected} 个。`,
      hint: OWN_MODEL,
    }),
    target: ({ name }) => ({
      message: `适配器改动了“${name}”，而 Sieve 在这个模型里不适配它。`,
      hint: `Sieve 适配 q、k、v、o、gate、up 和 down 投影。${OWN_MODEL}`,
    }),
  },
  chatTemplate: {
    slow: ({ seconds }) => ({
      message: `对话模板在 ${seconds} 秒后仍未完成，因此已被停止。`,
      hint: '请使用普通模板，或换一个模型。',
    }),
    worker: ({ why }) => ({ message: `模板线程已停止：${why}。`, hint: '请重新载入页面。' }),
  },
  keep: {
    full: { message: '浏览器不再给这个页面更多存储空间。', hint: '请在“已保存”里删除会话，或释放设备上的空间。' },
    locked: { message: 'Sieve 的另一个标签页正在写同样的文件。', hint: '请关闭那个标签页。' },
    unreachable: ({ why }) => ({
      message: `浏览器无法访问自己的存储（${why}）。`,
      hint: '请重新载入页面。请导出你想保留的内容。',
    }),
    nothing: { message: '没有可以继续的会话。', hint: '请重新开始。' },
    damaged: { message: '检查点对应的词元集已损坏。', hint: '请重新选择数据，从头开始。' },
  },
};
