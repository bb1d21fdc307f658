/** Size and shape of the adapters, and the modules they sit on. */
export const adapter = {
  shared: 'Adapter, for all runs',
  mixed: 'The runs differ here. You see the values of the first run; a change applies to all.',
  own: 'Adapter of this run',
  reset: 'Reset this adapter',
  /** What a method's own settings are about. */
  ownHelp: {
    adalora:
      'AdaLoRA starts at the initial rank and prunes what matters least until the rank above is left on average: some modules end wider, some narrower.',
  },
  kind: { q: 'query', k: 'key', v: 'value', o: 'attention output', gate: 'MLP gate', up: 'MLP up', down: 'MLP down' },
  /** On hover: what it is, and its name in PEFT. */
  hover: (what: string, peft: string) => `${what}: ${peft}`,
  pick: 'Pick module by module',
  unknown: 'Known once a model is open.',
  blocks: 'Each block has seven layers that can be adapted, q to down.',
  picked: (n: number, all: number) => `${n} of ${all} modules. Rows are the model’s blocks, from the bottom up.`,
  frame: 'Target modules by block',
  caption: 'Target modules by block and layer',
  block: 'Block',
  one: (block: number, kind: string) => `block ${block}, ${kind}`,
};
