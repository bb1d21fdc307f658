import type { Texts } from '../../en';

export const explain: Texts['charts']['explain'] = {
  loss: {
    what: '损失是模型对正确的下一个词元的“意外程度”，单位为 nat，在所教的词元上取平均，越低越好。训练曲线在刚学过的批次上测量，留出曲线在任何运行都不会学习的样例上测量。',
    base: (loss, right) => `未训练的基座在留出样例上的损失为 ${loss}：它给正确词元的概率（几何）平均为 ${right}。`,
    byHeart: (run, loss, step, right, gap, training) =>
      `${run}：第 ${step} 步为 ${loss}，即给正确词元 ${right} 的概率。它在刚见过的内容上（${training}）比没见过的好 ${gap}：学到的内容有一部分是死记硬背的。`,
    general: (run, loss, step, right, training) =>
      `${run}：第 ${step} 步为 ${loss}，即给正确词元 ${right} 的概率。它在刚见过的内容上为 ${training}：到目前为止很少死记硬背。`,
    stopped: (run, step, best, loss) =>
      `${run} 在第 ${step} 步结束，因为它的损失自第 ${best} 步（${loss}）以来没有改善。`,
  },
  gradient: {
    what: '损失对适配器权重有多陡：A 与 B 合起来的梯度在裁剪之前的长度。突然的尖峰说明遇到了运行没有预料到的批次；持续上升则说明出了问题。',
    run: (run, now, most) => `${run}：现在 ${now}，最大 ${most}。`,
    clipped: (run, now, most, share, limit) =>
      `${run}：现在 ${now}，最大 ${most}。它有 ${share} 的步超过上限 ${limit}，并被缩短到该上限。`,
  },
  rate: {
    constant: (steps, rate) => `学习率决定一次更新走多远。它在前 ${steps} 步升到 ${rate}，之后保持不变。`,
    linear: (steps, rate) => `学习率决定一次更新走多远。它在前 ${steps} 步升到 ${rate}，之后沿直线降到 0。`,
    cosine: (steps, rate) => `学习率决定一次更新走多远。它在前 ${steps} 步升到 ${rate}，之后沿余弦曲线降到 0。`,
    now: (rate, share) => `现在为 ${rate}，是该值的 ${share}。`,
  },
  speed: {
    what: '一个运行每秒（实际时间）学习的词元数。共用一次基座前向计算的运行同时走步。下凹处是在留出数据上测量、生成样本，或这台电脑在做别的事。',
    run: (run, perSecond, ms, tokens) =>
      `${run}：最近每秒 ${perSecond} 个词元，每 ${ms} ms 一步，到目前为止共 ${tokens} 个词元。`,
  },
  skipMap: {
    what: '每个带适配器的模块一个单元格。其中的数字是门控略去更新的词元百分比：有阈值时，是因为该更新相对模块自身输出太小（r 低于 τ）。',
    now: (step, mean, most, mostShare, least, leastShare) =>
      `在第 ${step} 步，各模块平均跳过 ${mean}：最多的是${most}（${mostShare}），最少的是${least}（${leastShare}）。`,
    use: '移动滑块可查看更早的步。选择一个单元格，可在下方查看该模块的词元、更新大小和阈值。',
  },
  histogram: {
    what: {
      tau: 'r 是一个词元的更新大小与模块自身输出大小之比；坐标轴为对数刻度。虚线是阈值 τ：位于它左侧的被跳过。',
      cut: 'r 是一个词元的更新大小与模块自身输出大小之比；坐标轴为对数刻度。这种门控不学习阈值：每个批次中它保留 r 最大的、占比固定的词元。虚线是这些词元被切开处的 r：位于它左侧的被跳过。',
      none: 'r 是一个词元的更新大小与模块自身输出大小之比；坐标轴为对数刻度。这种门控不按 r 选择，因此没有阈值可显示。',
    },
    at: { tau: (r) => `τ 为 ${r}`, cut: (r) => `分界为 ${r}` },
    now: (module, at, kept, tokens, skipped, median) =>
      `${module}：${at ? `${at}；` : ''}${tokens} 个词元中保留了 ${kept} 个，跳过 ${skipped}。其中一半的 r 低于约 ${median}。`,
    start: {
      tau: '所有更新都从 0 开始，因为 B 从 0 开始；它们随训练增大，τ 随之变化。',
      cut: '所有更新都从 0 开始，因为 B 从 0 开始；它们随训练增大，分界随之变化。',
      none: '所有更新都从 0 开始，因为 B 从 0 开始；它们随训练增大。',
    },
  },
  tokenMap: {
    what: (tokens, modules) =>
      `一段文本在当前模型中的情况：每个词元一列（${tokens} 列），每个模块一行（${modules} 行）。填充的单元格表示该模块为该词元保留了更新。`,
    now: (share, updates) =>
      `这里的 ${updates} 个更新中保留了 ${share}。填满的列是许多模块都有更新的词元；空的行是这段文本不需要的模块。`,
  },
  tokens: {
    what: '同一段文本，便于阅读：颜色越深，所选模块中为该词元保留更新的越多。指向一个词元，或用方向键移到它上面，可查看每个模块的 r、τ 和门控。',
    now: (most, mostShare, least, leastShare) =>
      `保留最多：“${most}”（${mostShare}）。保留最少：“${least}”（${leastShare}）。`,
  },
  ranking: {
    what: '保留词元多的模块，是数据对它要求高的模块。TS-PEFT 以此衡量模块的重要性；权重范数是另一种指标，哪一种更好尚无定论。',
    now: (from, to, module, share) => `在第 ${from} 到 ${to} 步上取平均，${module} 保留最多：${share}。`,
    unknown: (stability) => `稳定性：运行后半程的排名${stability}。`,
    stability: (stability, correlation) =>
      `稳定性：运行后半程的排名${stability}（平均秩相关 ${correlation}；1 = 排名相同，0 = 无关）。`,
    equal: (run) => `与 ${run} 相比：无法比较，所有占比都相等。`,
    against: (run, correlation, stability) => `与 ${run} 相比：秩相关 ${correlation}，${stability}。`,
  },
  shares: {
    what: '各步中所有词元的跳过占比，在同一种类或同一层的模块上取平均。阈值开始移动之前为 0。',
    now: (share) => `所有模块合计跳过最近一个批次的 ${share}。`,
  },
};
