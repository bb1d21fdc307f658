import type { Texts } from '../../en';
import { tidy } from '../tidy';

export const results: Texts['experiment']['results'] = {
  measure: {
    loss: { label: '留出损失', phrase: '留出损失' },
    best: { label: '途中最佳', phrase: '途中最佳的留出损失' },
    likelihood: { label: '答对（按似然）', phrase: '按似然答对的占比' },
    generated: { label: '答对（写出）', phrase: '写出正确回答的占比' },
    skipped: { label: '跳过', phrase: '跳过占比' },
  },
  verdict: {
    noSeed: (name, other) => tidy(`${name} 与 ${other} 还没有共同的种子。`),
    oneSeed: (name, other, what, size) =>
      tidy(`${name} 与 ${other} ：一个种子无法说明两者在${what}上有差异（这里为 ${size}）。`),
    none: (name, other, what, seeds, size, half) =>
      tidy(`${name} 与 ${other} ：${seeds} 个种子看不出两者在${what}上有差异（${size} ± ${half}）。`),
    lower: (name, other, what, size, half) => tidy(`${name} 的${what}比 ${other} 低 ${size} ± ${half}。`),
    higher: (name, other, what, size, half) => tidy(`${name} 的${what}比 ${other} 高 ${size} ± ${half}。`),
  },
  sameSetting: (method) => tidy(`相同设置的 ${method}`),
  figure: '留出损失：均值及 95 % 置信区间，每个种子为一个点',
  untouchedLevel: '未训练的模型',
  figureHelp: '留出损失。圆点：各个种子。竖线：均值。横线：95 % 置信区间。',
  frame: '结果：均值与置信区间',
  caption: '各种子的均值 ± 95 % 置信区间',
  arm: '组',
  seeds: '种子数',
  parameters: '参数',
  perplexity: '困惑度',
  against: (reference) => tidy(`与 ${reference} 的损失之差（配对）`),
  untouched: '未训练的模型',
  seedsDone: (done, failed) => `${done}${failed > 0 ? `（${failed} 个失败）` : ''}`,
  everySeed: '每个种子',
  seedFrame: '各种子的留出损失',
  seed: '种子',
  failed: '失败',
};
