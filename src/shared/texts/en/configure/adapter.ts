/** Size and shape of the adapters, and the modules they sit on. */
export const adapter = {
  shared: 'Adapter, for all runs',
  mixed: 'The runs differ here. You see the values of the first run; a change applies to all.',
  own: 'Adapter of this run',
  reset: 'Reset this adapter',
  /** What a method's own settings are about. */
  ownHelp: {
    gatera:
      'GateRA weighs the update of each token and module with a gate between 0 and 1. The form of the gate and its start at ½ are reconstructed from the paper’s abstract. Every update is still computed: it saves no work.',
    adalora:
      'AdaLoRA starts at the initial rank and prunes what matters least until the rank above is left on average: some modules end wider, some narrower.',
  },
  /** Of names that do not say it themselves. */
  kind: {
    q_proj: 'query',
    k_proj: 'key',
    v_proj: 'value',
    o_proj: 'attention output',
    gate_proj: 'MLP gate',
    up_proj: 'MLP up',
    down_proj: 'MLP down',
  } as Record<string, string>,
  allLinear: 'All linear layers',
  /** On hover: what it is, and its name in PEFT. */
  hover: (what: string, peft: string) => `${what}: ${peft}`,
  pick: 'Pick module by module',
  unknown: 'Known once a model is open.',
  blocks: (n: number) => `Each block has ${n} linear layers that can be adapted.`,
  picked: (n: number, all: number) => `${n} of ${all} modules. Rows are the model’s blocks, from the bottom up.`,
  frame: 'Target modules by block',
  caption: 'Target modules by block and layer',
  block: 'Block',
  one: (block: number, kind: string) => `block ${block}, ${kind}`,
};
