import type { AdapterMethod } from '../adapterMethod';
import { ADALORA_STATE, AdaLora, SINGULAR_VALUES, adaloraSizes } from './adalora';
import { ADALORA_PEFT } from './peft';

export const adalora: AdapterMethod = {
  name: 'adalora',
  extra: SINGULAR_VALUES,
  usesBaseOutput: false,
  sizes: (run, modules) => adaloraSizes(modules, run),
  state: ADALORA_STATE,
  /** A and B normal, E zero. */
  start(rng, { dIn, dOut }, rank) {
    const normal = (length: number) => Float32Array.from({ length }, () => 0.02 * rng.normal());
    return { a: normal(rank * dIn), b: normal(dOut * rank), extra: new Float32Array(rank) };
  },
  create: (context) => new AdaLora(context),
  diagonal: ({ extra }) => extra!,
  sensitivity(state) {
    const [ipt, unc] = ['adalora/ipt', 'adalora/unc'].map((name) => new Float32Array(state[name]));
    return ipt.map((v, i) => v * unc[i]);
  },
  peft: ADALORA_PEFT,
};
