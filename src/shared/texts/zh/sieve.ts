import type { Texts } from '../en';

export const sieve: Texts['sieve'] = {
  title: '验证损失与跳过占比',
  axis: '跳过的词元更新',
  what: (examples, calibration, dev) =>
    `这里不训练任何东西：每个模块得到一个阈值 τ，r 低于它的词元更新会被跳过。阈值按 ${calibration} 个${dev ? '开发' : '训练'}样本选取，在 ${examples} 个验证样本上测量。`,
  /** Of adapters whose own data are not here. */
  of: (name) => `样本来自当前打开的数据集：${name}。`,
  /** Of a small curve. */
  half: (run, skipped, difference) => `${run} 事后跳过 ${skipped} 的更新：验证损失 ${difference}。`,
  open: '显示整条曲线。',
  run: '运行',
  way: '按什么跳过',
  ways: { ratio: 'r', path: '路径归因', joint: '联合搜索' },
  does: {
    ratio: '每个模块跳过相同的占比：跳过一半，就是按各模块 r 的中位数。',
    path: '按每个更新在“无适配器到适配器”路径上的贡献：小更新贡献不大的模块跳过得更多。',
    joint:
      '从每个模块相同的占比出发，每次移动八分之一的模块，按门控梯度前进，只要校准样本上的损失还在下降。每个点需要数秒。',
  },
  none: '适用于没有门控的 LoRA 和 DoRA。这里没有这样的运行。',
  waiting: '会话结束后，可以在这里给它的 LoRA 和 DoRA 运行加上门控，无需训练。',
  opening: '正在测量 r…',
  drawing: (done, all) => `${done} / ${all} 个点`,
  explain: '每个点是跳过相应占比词元更新后的适配器；0 % 就是训练所得的适配器。',
  explainRuns: '带名称的点是带门控训练的运行在结束时的结果。',
  slider: (share) => `跳过 ${share} 的词元更新`,
  move: '移动滑块，看看会怎样。',
  preview: (loss, skipped) => `在三分之一的样本上约为 ${loss}；跳过 ${skipped}。`,
  at: (loss, difference, skipped) => `验证损失 ${loss}（与应用全部更新相比 ${difference}）；跳过 ${skipped}。`,
  save: '以这些阈值导出',
  sieved: (run, percent) => `${run}，跳过 ${percent} %`,
};
