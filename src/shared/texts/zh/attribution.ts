import type { Texts } from '../en';

export const attribution: Texts['attribution'] = {
  mode: '路径归因',
  run: '运行',
  measure: '测量',
  measuring: '正在测量',
  cancel: '取消',
  more: (points) => `用 ${points} 个点测量`,
  ask: '每个更新的贡献：各项 nats 相加等于基座损失 − 运行损失。',
  waiting: '会话结束后，可以把损失归因到单个更新。',
  none: '适用于 LoRA，以及规则学习阈值、为后期门控或按符号的 TS-LoRA。这里没有这样的运行。',
  raises: '提高损失',
  lowers: '降低损失',
  token: (nats, modules) => `${modules} 个模块共 ${nats} nats`,
  cell: (module, token, nats) => `${module}，“${token}”：${nats} nats`,
  sum: ({ sum, measured, error, points }) =>
    `合计 ${sum}，实测 ${measured} nats/词元（基座 − 运行）：${points} 个点时相差 ${error}。`,
  explain: {
    what: '从没有适配器到适配器的路径上（Δ·t，t 从 0 到 1），每个更新在每个 t 处都使损失降低一点。它的积分就是该更新与其他所有更新一起的贡献，单位是每个损失词元的 nats：大于 0 表示降低损失，小于 0 表示提高损失。有门控时，整条路径上跳过的词元相同；使用后期门控时，被跳过的词元得到的常量算作它的更新。',
    error: (points) => `积分取 ${points} 个高斯–勒让德点，因此合计略有偏差，偏差已标明。`,
    not: '它不等于单独去掉该更新的后果：各个更新相互影响。',
  },
  ranking: {
    by: '排列依据',
    share: '激活占比',
    title: '按路径归因排列的模块',
    column: '每个损失词元的 nats',
    ofAll: '占总和',
    examples: (examples) => `在 ${examples} 个验证样本上测量。`,
    ask: '哪些模块降低了验证损失，各降低多少？',
  },
};
