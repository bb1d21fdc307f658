/** AdaLoRA as PEFT writes it: without the triplets that E = 0 switches off. */
import { z } from '../../../shared/zod';
import type { PeftFormat } from '../adapterMethod';
import type { ModuleAdapter } from '../parameters';

const rank = z.int().min(1).max(64);
const fields = {
  init_r: rank,
  target_r: rank,
  rank_pattern: z.record(z.string().max(200), z.array(z.boolean()).max(64)).nullish(),
};
type Config = z.infer<z.ZodObject<typeof fields>>;

/** PEFT's name of a module's E: its pattern's key, too. */
const keyOf = ({ path }: ModuleAdapter) => `${path}.lora_E`;

export const ADALORA_PEFT: PeftFormat = {
  type: 'ADALORA',
  fields,
  is: () => true,
  // PEFT wants a schedule also to load what is trained already; this one asks for nothing.
  write: ({ rank: target, adalora: { initRank, beta1, beta2, deltaT, orthRegWeight } }) => ({
    r: 8,
    init_r: initRank,
    target_r: target,
    tinit: 0,
    tfinal: 0,
    total_step: 1,
    deltaT,
    beta1,
    beta2,
    orth_reg_weight: orthRegWeight,
  }),
  // A schedule is for training; what is opened here is trained.
  read(config) {
    const { init_r, target_r } = config as Config;
    return {
      rank: Math.min(target_r, init_r),
      adalora: { initRank: init_r, tinit: 0, tfinal: 0 },
    };
  },
  suffix: '',
  pack(modules) {
    const patterns = modules.map(({ extra }) => Array.from(extra!, (e) => e !== 0));
    return {
      modules: modules.map((m, i) => pruned(m, patterns[i])),
      config: { rank_pattern: Object.fromEntries(modules.map((m, i) => [keyOf(m), patterns[i]])) },
    };
  },
  unpack(m, config, initial) {
    const pattern = (config as Config).rank_pattern?.[keyOf(m)];
    if (!pattern) return m;
    const left = pattern.filter(Boolean).length;
    const fits =
      pattern.length === initial &&
      m.a.length === left * m.dIn &&
      m.b.length === left * m.dOut &&
      m.extra!.length === left;
    return fits ? restored(m, pattern) : null;
  },
};

/** A module with the triplets of `pattern` alone, as PEFT writes AdaLoRA. */
function pruned(m: ModuleAdapter, pattern: readonly boolean[]): ModuleAdapter {
  const kept = pattern.flatMap((keep, r) => (keep ? [r] : []));
  return {
    ...m,
    a: Float32Array.from(kept.flatMap((r) => [...m.a.subarray(r * m.dIn, (r + 1) * m.dIn)])),
    b: columnsOf(m.b, pattern.length, kept),
    extra: Float32Array.from(kept, (r) => m.extra![r]),
  };
}

/** Columns `which` of a matrix that is `width` wide. */
function columnsOf(matrix: Float32Array, width: number, which: readonly number[]): Float32Array {
  return Float32Array.from(
    { length: (matrix.length / width) * which.length },
    (_, i) => matrix[Math.floor(i / which.length) * width + which[i % which.length]],
  );
}

/** The counterpart of `pruned`: dropped triplets come back as zeros. */
function restored(m: ModuleAdapter, pattern: readonly boolean[]): ModuleAdapter {
  const rank = pattern.length;
  const kept = pattern.flatMap((keep, r) => (keep ? [r] : []));
  const full = {
    ...m,
    a: new Float32Array(rank * m.dIn),
    b: new Float32Array(m.dOut * rank),
    extra: new Float32Array(rank),
  };
  kept.forEach((r, i) => {
    full.a.set(m.a.subarray(i * m.dIn, (i + 1) * m.dIn), r * m.dIn);
    full.extra[r] = m.extra![i];
    for (let row = 0; row < m.dOut; row++) full.b[row * rank + r] = m.b[row * kept.length + i];
  });
  return full;
}
