/** AdaLoRA: what follows from its settings. */
import { message } from '../message';
import { ADALORA_SETTINGS } from './adaloraSettings';
import type { MethodDescription } from './method';

interface Window {
  tinit: number | 'auto';
  tfinal: number | 'auto';
}

/** Steps before AdaLoRA starts to prune, and final ones at its target, in a run of `steps`. */
export function adaloraWindow({ tinit, tfinal }: Window, steps: number): { tinit: number; tfinal: number } {
  return {
    tinit: tinit === 'auto' ? Math.floor(steps / 10) : tinit,
    tfinal: tfinal === 'auto' ? Math.floor(steps / 3) : tfinal,
  };
}

export const ADALORA = {
  name: 'adalora',
  label: 'AdaLoRA',
  update: 'adalora',
  gated: false,
  ignores: ['rslora'],
  settings: ADALORA_SETTINGS,
  // Half as much again: PEFT's defaults are 12 and 8.
  firstRank: { key: 'initRank', of: (rank) => Math.min(64, Math.max(12, Math.ceil(rank * 1.5))) },
  // 1e-5 is PEFT's.
  scaling: ({ alpha }, { initRank }) => alpha / ((initRank as number) + 1e-5),
  complaints({ rank }, own, steps) {
    const { tinit, tfinal } = adaloraWindow(own as unknown as Window, steps);
    return [
      ...((own.initRank as number) < rank
        ? [{ key: 'initRank', said: message('shared.setting.firstRank', { rank }) }]
        : []),
      ...(tinit >= steps - tfinal
        ? [{ key: 'tinit', said: message('shared.setting.noPruning', { first: tinit, last: tfinal, steps }) }]
        : []),
    ];
  },
} as const satisfies MethodDescription;
