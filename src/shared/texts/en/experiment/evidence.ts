/** One figure of what an experiment says of gates. */
export const evidence = {
  title: 'What the experiment says of gates',
  signs: 'Loss with real signs minus loss with coins',
  against: (baseline: string) => `Loss minus ${baseline}, paired by seed`,
  shares: (name: string, real: string, coin: string) => `${name}: ${real} | ${coin} skipped`,
  same: 'equal',
  level: 'base model',
  help: 'Every difference with its 95 % CI; dots are seeds. A value below 0 is better. Coins: the same rule with the sign of every gate gradient replaced by a coin, so what it learns is chance; offered as a control under New experiment.',
};
