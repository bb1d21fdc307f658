import type { Texts } from '../../en';

export const adapter: Texts['configure']['adapter'] = {
  shared: '适配器（所有运行共用）',
  mixed: '各个运行在这里并不相同。显示的是第一个运行的值；修改会应用到所有运行。',
  own: '这个运行的适配器',
  reset: '重置这个适配器',
  ownHelp: {
    gatera:
      'GateRA 用 0 到 1 之间的门给每个词元、每个模块的更新加权。门的形式和初始值 ½ 是根据论文摘要重建的。每个更新仍要计算：它不节省计算量。',
    adalora: 'AdaLoRA 从初始秩开始，不断剪去最不重要的部分，直到平均秩降到上面的值：有的模块最后更宽，有的更窄。',
  },
  kind: {
    q_proj: '查询',
    k_proj: '键',
    v_proj: '值',
    o_proj: '注意力输出',
    gate_proj: 'MLP 门',
    up_proj: 'MLP 升维',
    down_proj: 'MLP 降维',
  },
  allLinear: '所有线性层',
  hover: (what, peft) => `${what}：${peft}`,
  pick: '逐个选择模块',
  unknown: '打开模型后才能知道。',
  blocks: (n) => `每个块有 ${n} 个可以适配的线性层。`,
  picked: (n, all) => `已选 ${n} / ${all} 个模块。每一行是模型的一个块，从最底层开始。`,
  frame: '按块选择目标模块',
  caption: '按块和层列出的目标模块',
  block: '块',
  one: (block, kind) => `块 ${block}，${kind}`,
};
