import type { Texts } from '../../en';

export const modules: Texts['experiment']['modules'] = {
  ranking: {
    active: { name: '激活占比', by: 'TS-LoRA 探测中激活词元的占比', choice: '按激活占比选择' },
    relative: { name: '相对变化', by: 'LoRA 探测的 ‖ΔW‖ / ‖W0‖', choice: '按相对变化选择' },
    change: { name: '变化', by: 'LoRA 探测的 ‖ΔW‖', choice: '按变化选择' },
    gradient: { name: '梯度', by: 'LoRA 探测结束时 A 和 B 的梯度范数', choice: '按梯度选择' },
    sensitivity: { name: '灵敏度', by: 'AdaLoRA 探测中奇异三元组的灵敏度', choice: '按灵敏度选择' },
    weight: { name: '权重', by: '冻结层的 ‖W0‖', choice: '按权重选择' },
    random: { name: '随机', by: '由种子决定的随机数', choice: '随机选择' },
  },
  all: '所有模块',
  allChoice: '使用所有模块',
  probe: { gated: '带门控的探测', plain: '普通 LoRA 探测', adalora: 'AdaLoRA 探测' },
  title: '模块排名',
  frame: '各种排名及其稳定性',
  caption: '换一个种子，排名是否相同？它与激活占比是否一致？',
  rankingHead: '排名',
  by: '依据',
  stability: '种子之间的排名稳定性（Spearman ρ）',
  withActive: '与激活占比的 Spearman ρ',
  seedless: '与种子无关',
  scale: (seeds) =>
    `1：顺序相同；0：没有关系；−1：顺序相反。${seeds === 1 ? '比较种子之间至少需要两个种子。' : `共 ${seeds} 个种子。`}`,
  figure: '每个模块的激活占比，从高到低',
  figureHelp: (budget) => `探测中每个模块的激活占比（层.类型）。着色：至少在一个种子中在 ${budget} 的预算内被选中。`,
  table: '所有模块，以及它们在每种排名中的位次',
  module: '模块',
  parameters: '参数',
  active: '激活占比',
  place: (ranking) => `${ranking}：位次（选中次数）`,
};
