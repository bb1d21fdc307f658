import type { Texts } from '../../en';
import type { WrittenInterval } from '../../en/experiment/results';
import { tidy } from '../tidy';

const ci = (n: WrittenInterval) => `95 % 置信区间 ${n.low} 到 ${n.high}，n = ${n.seeds}`;

export const results: Texts['experiment']['results'] = {
  measure: {
    loss: '验证损失',
    best: '最佳验证损失',
    likelihood: '准确率',
    macroF1: '宏平均 F1',
    generated: '完全匹配（贪心）',
    tokenF1: '词元 F1（贪心）',
    skipped: '跳过',
  },
  verdict: {
    noSeed: (name, other) => tidy(`${name} 与 ${other} 还没有共同的种子。`),
    oneSeed: (name, other, what, difference) =>
      tidy(`${what}：${name} 减 ${other} 为 ${difference}；一个种子无法说明差异。`),
    none: (name, other, what, n) => tidy(`${what}：看不出 ${name} 与 ${other} 有差异（${n.difference}，${ci(n)}）。`),
    better: (name, other, what, n) => tidy(`${what}：${name} 比 ${other} 好 ${n.difference}（${ci(n)}）。`),
    worse: (name, other, what, n) => tidy(`${what}：${name} 比 ${other} 差 ${n.difference}（${ci(n)}）。`),
  },
  sameSetting: (method) => tidy(`相同设置的 ${method}`),
  figure: '验证损失：均值及 95 % 置信区间，每个种子为一个点',
  baseLevel: '基座模型',
  figureHelp: '验证损失。圆点：各个种子。竖线：均值。横线：95 % 置信区间。',
  bands: '验证损失随步数：各种子的均值与范围',
  bandsHelp: '线：已完成的种子在每次评估处的均值。色带：它们的范围。',
  caption: '各种子的均值 ± 95 % 置信区间',
  variant: '变体',
  seeds: '种子数',
  parameters: '参数',
  perplexity: '困惑度',
  against: (reference) => tidy(`与 ${reference} 的损失之差（配对）`),
  base: '基座模型',
  seedsDone: (done, failed) => `${done}${failed > 0 ? `（${failed} 个失败）` : ''}`,
  everySeed: '每个种子',
  seedFrame: '各种子的验证损失',
  seed: '种子',
  failed: '失败',
};
