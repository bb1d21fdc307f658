import type { Texts } from '../../en';

const OTHER = '请选择其他模型。';
const FAULT = '这是 Sieve 的错误，请重新载入页面。';
const FAULT_OR_DRIVER = '这是 Sieve 或显卡驱动的错误。';

export const engine: Texts['errors']['engine'] = {
  gpu: {
    noWebGpu: {
      message: '这个浏览器没有 WebGPU。',
      hint: '请改用 CPU 计算，或使用新版的 Chrome、Edge 或 Safari 26；在 Windows 上也可以用 Firefox 141 及以后的版本。',
    },
    noAdapter: {
      message: '有 WebGPU，但它没有提供显卡适配器。',
      hint: '请改用 CPU 计算；或更新显卡驱动，或在浏览器里打开硬件加速。',
    },
    reported: ({ message }) => ({
      message: `GPU 报告：${message}`,
      hint: '请重新载入页面，试试更小的批次或更小的最大序列长度。',
    }),
    invalid: ({ message }) => ({ message: `GPU 报告：${message}`, hint: FAULT }),
    outOfMemory: ({ mib }) => ({
      message: `显存不足（已占用或申请 ${mib} MiB）。`,
      hint: '请选择更小的批次、更小的最大序列长度、更低的秩或更小的模型。',
    }),
    oneBuffer: ({ label, mib, allowed }) => ({
      message: `“${label}”需要连续的 ${mib} MiB，而这个设备只允许 ${allowed} MiB。`,
      hint: '请选择更小的批次、更小的最大序列长度或更小的模型。',
    }),
    freed: ({ label }) => ({ message: `GPU 缓冲区“${label}”在释放之后又被使用。`, hint: FAULT }),
    slice: ({ offset, size, label, bytes }) => ({
      message: `范围 ${offset}+${size} 超出“${label}”（${bytes} 字节）。`,
    }),
    apart: ({ a, b }) => ({ message: `“${a}”和“${b}”不属于同一个缓冲区。`, hint: FAULT }),
    shader: ({ label, line, message, text }) => ({
      message: `着色器“${label}”无法编译，第 ${line} 行：${message}（${text}）`,
      hint: FAULT_OR_DRIVER,
    }),
    pipeline: ({ label, message }) => ({ message: `着色器“${label}”无法建立管线：${message}`, hint: FAULT_OR_DRIVER }),
    noTimestamps: {
      message: '这个显卡适配器没有时间戳查询，无法给内核计时。',
      hint: '请用 --enable-dawn-features=allow_unsafe_apis 启动浏览器，或换用其他显卡适配器。',
    },
  },
  cpu: {
    noSimd: ({ why }) => ({
      message: `这个浏览器无法运行 CPU 引擎：${why}`,
      hint: '它需要支持 SIMD 的 WebAssembly，2022 年以后的浏览器都有。请使用更新的浏览器。',
    }),
    outOfMemory: ({ mib }) => ({
      message: `浏览器不再提供更多内存（已占用或申请 ${mib} MiB）。`,
      hint: '请选择更小的批次、更小的最大序列长度、更低的秩或更小的模型，或关闭其他标签页。',
    }),
    thread: ({ message }) => ({
      message: `计算线程没有启动：${message}`,
      hint: '请重新加载页面；其他标签页可能占满了内存。',
    }),
    failed: ({ what }) => ({ message: `CPU 引擎出错：${what}`, hint: FAULT }),
  },
  model: {
    noRoom: ({ mib, why }) => ({
      message: `放不下模型的权重（最多需要 ${mib} MiB）。${why}`,
      hint: '请选择更小的模型，或关闭其他标签页和程序。数据和设置保持不变。',
    }),
    heads: ({ heads, kvHeads }) => ({ message: `${heads} 个注意力头不能平均共用 ${kvHeads} 个键头。`, hint: OTHER }),
    headSize: ({ size, most }) => ({ message: `头的大小是 ${size}，引擎最多支持 ${most}。`, hint: OTHER }),
    oddHead: ({ size }) => ({ message: `头的大小是 ${size}，旋转位置编码需要偶数。`, hint: OTHER }),
    quads: ({ what, width }) => ({
      message: `${{ head: '头的大小', row: '行宽', hidden: '隐藏层大小', ffn: '前馈层大小', logits: 'logit 行宽', module: '模块宽度' }[what]}是 ${width}，引擎需要 4 的倍数。`,
      hint: OTHER,
    }),
    logitRows: ({ stride, vocab }) => ({
      message: `${stride} 个 logit 的行放不下大小为 ${vocab} 的词表。`,
      hint: '这是 Sieve 的错误。',
    }),
    noModule: ({ name, layers, names }) => ({
      message: `模型没有模块“${name}”：它有 ${layers} 层，从 0 数起，每层有 ${names}。`,
      hint: '请选择这个模型的模块。',
    }),
    batch: ({ rows, supervised, most, mostSupervised }) => ({
      message: `这个批次有 ${rows} 个词元（其中 ${supervised} 个有目标），超出了计划的 ${most} 个（${mostSupervised} 个）。`,
      hint: '请选择更小的最大序列长度或更小的批次。',
    }),
    prompt: ({ tokens, most }) => ({
      message: `提示词有 ${tokens} 个词元，这个模型接受 1 到 ${most} 个。`,
      hint: '请缩短提示词。',
    }),
  },
  adapter: {
    state: ({ run, tensor }) => ({
      message: `保存的状态与运行“${run}”不符：${tensor} 的大小不同。`,
      hint: '请用保存时的配置来恢复。',
    }),
    adaloraWindow: ({ run, first, last, steps }) => ({
      message: `“${run}”：AdaLoRA 去掉最前面 ${first} 步和最后 ${last} 步，这次运行的 ${steps} 步里没有留下可以剪枝的步。`,
      hint: '请减小 tinit 和 tfinal，或增加步数。',
    }),
    adaloraRank: ({ run, start, target }) => ({
      message: `“${run}”：AdaLoRA 的初始秩 ${start} 低于目标秩 ${target}。`,
      hint: '请让初始秩高于目标秩。',
    }),
    doraDropout: ({ run }) => ({
      message: `“${run}”：DoRA 训练时不用 dropout。`,
      hint: '请把 dropout 设为 0，或选择 LoRA。',
    }),
    noThreshold: { message: '这个门控没有自己的阈值。', hint: '只有学习阈值的门控才能重置。' },
    noGateToOpen: { message: '没有门控的适配器没有可以重置的阈值。', hint: '请选择一个门控运行。' },
    noGate: { message: '没有门控的适配器没有阈值。', hint: '请把它当作 TS-LoRA 或 TS-DoRA 打开。' },
    whole: ({ tensor }) => ({
      message: `适配器没有与此模型形状相符的张量 ${tensor}，而它是整体训练的。`,
    }),
    shapes: ({ path, rank }) => ({
      message: `${path}：适配器张量的形状与这个模型秩 ${rank} 时的形状不符。`,
      hint: '请打开训练这个适配器时所用的模型。',
    }),
  },
};
