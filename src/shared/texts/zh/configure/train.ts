import type { Texts } from '../../en';

export const train: Texts['configure']['train'] = {
  title: '训练（所有运行共用）',
  more: '更多设置',
  onValidation: '早停直接由验证集决定，所以最佳损失会比在新数据上好看。如果要让对比可信，请{button}。',
  setDev: '划出 10 % 的训练集作为开发集',
  effective: (batch, epochs) => `有效批次大小：${batch}${epochs === null ? '' : `；约 ${epochs} 轮`}。`,
  warmup: (warmup, steps, rate, set) =>
    warmup === steps
      ? `预热与运行一样长（${steps} 步）：学习率到最后一步才达到 ${set}。`
      : `预热（${warmup} 步）比运行（${steps} 步）还长：学习率只达到 ${rate}，而不是 ${set}。`,
  atRest: (run, rest, steps) =>
    `${run}：它的阈值会静止 ${rest} 步，而运行只有 ${steps} 步。阈值从不移动，所以结果等同于没有门控的同一方法。`,
};
