import type { Texts } from '../../en';

export const explain: Texts['charts']['explain'] = {
  loss: {
    what: (classes) =>
      `交叉熵：模型给正确的${classes ? '类别的概率的负对数，单位为 nat，在样本上取平均' : '下一个词元的概率的负对数，单位为 nat，在计入损失的词元上取平均'}，越低越好。训练损失来自当前批次，验证损失来自不参与训练的样本。`,
    base: (loss, right, classes) =>
      `基座模型的验证损失为 ${loss}：它给正确${classes ? '类别' : '词元'}的概率（几何）平均为 ${right}。`,
    overfitting: ({ run, loss, step, right, gap, training, classes }) =>
      `${run}：第 ${step} 步为 ${loss}，即给正确${classes ? '类别' : '词元'} ${right} 的概率。它的训练损失（${training}）低 ${gap}：训练损失与验证损失之间的差距说明过拟合。`,
    general: ({ run, loss, step, right, training, classes }) =>
      `${run}：第 ${step} 步为 ${loss}，即给正确${classes ? '类别' : '词元'} ${right} 的概率。它的训练损失为 ${training}：到目前为止几乎没有过拟合。`,
    stopped: (run, step, best, loss) =>
      `${run} 在第 ${step} 步早停，因为它的损失自第 ${best} 步（${loss}）以来没有改善。`,
  },
  gradient: {
    what: '所有可训练参数的梯度在裁剪之前的范数。单个尖峰来自不寻常的批次；持续上升是发散的迹象。',
    run: (run, now, most) => `${run}：现在 ${now}，最大 ${most}。`,
    clipped: ({ run, now, most, share, limit }) =>
      `${run}：现在 ${now}，最大 ${most}。它有 ${share} 的步超过最大梯度范数 ${limit}，梯度被裁剪。`,
  },
  rate: {
    constant: (steps, rate) => `一次更新的步长。它在 ${steps} 个预热步中升到 ${rate}，之后保持不变。`,
    linear: (steps, rate) => `一次更新的步长。它在 ${steps} 个预热步中升到 ${rate}，之后线性降到 0。`,
    cosine: (steps, rate) => `一次更新的步长。它在 ${steps} 个预热步中升到 ${rate}，之后沿余弦曲线降到 0。`,
    now: (rate, share) => `现在为 ${rate}，是该值的 ${share}。`,
  },
  speed: {
    what: '一个运行每秒（实际时间）训练的词元数。共用一次基座模型计算的运行同时走步。下凹处是评估、生成样本，或这台电脑在做别的事。',
    run: (run, perSecond, ms, tokens) =>
      `${run}：最近每秒 ${perSecond} 个词元，每 ${ms} ms 一步，到目前为止共 ${tokens} 个词元。`,
  },
  skipMap: {
    what: '每个目标模块一个单元格。其中的数字是门控跳过的词元百分比：有阈值时，是因为相对更新范数 r 低于 τ。',
    now: ({ step, mean, most, mostShare, least, leastShare }) =>
      `在第 ${step} 步，各模块平均跳过 ${mean}：最多的是${most}（${mostShare}），最少的是${least}（${leastShare}）。`,
    use: '移动滑块可查看更早的步。选择一个单元格，可在下方查看该模块的词元、更新范数和阈值。',
  },
  histogram: {
    what: {
      tau: '相对更新范数 r = ‖Δ‖/‖y‖ 比较一个词元的更新与模块的输出；坐标轴为对数刻度。虚线是阈值 τ：左侧的词元被跳过。',
      cut: '相对更新范数 r = ‖Δ‖/‖y‖ 比较一个词元的更新与模块的输出；坐标轴为对数刻度。这种门控不学习阈值：每个批次中有固定占比的词元激活，即 r 最大的那些。虚线是这个批次的分界：左侧的词元被跳过。',
      none: '相对更新范数 r = ‖Δ‖/‖y‖ 比较一个词元的更新与模块的输出；坐标轴为对数刻度。这种门控不按 r 选择，因此没有阈值可显示。',
    },
    at: { tau: (r) => `τ 为 ${r}`, cut: (r) => `分界为 ${r}` },
    now: ({ module, at, active, tokens, skipped, median }) =>
      `${module}：${at ? `${at}；` : ''}${tokens} 个词元中激活 ${active} 个，跳过 ${skipped}。r 的中位数约为 ${median}。`,
    start: {
      tau: '所有更新都从 0 开始，因为 B 从 0 开始；它们随训练增大，τ 随之变化。',
      cut: '所有更新都从 0 开始，因为 B 从 0 开始；它们随训练增大，分界随之变化。',
      none: '所有更新都从 0 开始，因为 B 从 0 开始；它们随训练增大。',
    },
  },
  tokenMap: {
    what: (tokens, modules) =>
      `一段文本在当前模型中的情况：每个词元一列（${tokens} 列），每个模块一行（${modules} 行）。填充的单元格表示该词元在该模块中激活。`,
    now: (share, updates) =>
      `这里的 ${updates} 个更新中应用了 ${share}。填满的列是在许多模块中激活的词元；空的行是跳过整段文本的模块。`,
  },
  tokens: {
    what: '同一段文本，便于阅读：颜色越深，所选模块中对该词元应用更新的越多。指向一个词元，或用方向键移到它上面，可查看每个模块的 r、τ 和门控。',
    now: (most, mostShare, least, leastShare) =>
      `激活最多：“${most}”（${mostShare}）。激活最少：“${least}”（${leastShare}）。`,
  },
  ranking: {
    what: 'TS-PEFT 用模块的激活占比衡量其重要性。权重范数是另一种指标，哪一种更好尚无定论。',
    now: (from, to, module, share) => `在第 ${from} 到 ${to} 步上取平均，${module} 的激活占比最大：${share}。`,
    unknown: '运行后半程的排名稳定性：尚不清楚。',
    stability: (correlation) => `运行后半程的排名稳定性：Spearman ρ = ${correlation}（平均；1 = 排名相同，0 = 无关）。`,
    equal: (run) => `与 ${run} 相比：无定义，所有占比都相等。`,
    against: (run, correlation) => `与 ${run} 相比：Spearman ρ = ${correlation}。`,
  },
  shares: {
    what: '各步中所有词元的跳过占比，在同一种类或同一层的模块上取平均。阈值开始变化之前为 0。',
    now: (share) => `所有模块合计跳过最近一个批次的 ${share}。`,
  },
};
