/** 关于门控的实验结果，一张图。 */
export const evidence = {
  title: '实验对门控的说明',
  signs: '真实符号的损失减去抛硬币的损失',
  against: (baseline: string) => `损失减去 ${baseline}，按种子配对`,
  shares: (name: string, real: string, coin: string) => `${name}：跳过 ${real} | ${coin}`,
  same: '相等',
  level: '基座模型',
  help: '每个差异都带 95 % 置信区间；点是种子。小于 0 为更好。抛硬币：同一规则，但每个门控梯度的符号换成抛硬币的结果，因此它的阈值只是偶然；可在“新建实验”中作为对照。',
};
