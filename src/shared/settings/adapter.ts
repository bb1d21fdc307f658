/** The adapter of one run. In the form's order. */
import { z } from '../zod';
import { MODULE_KINDS } from './names';
import { flag, number, optional, own } from './setting';

/** One adaptable module by name, `3.q`: layer 3, query projection. */
const moduleName = z.string().regex(/^\d{1,3}\.(q|k|v|o|gate|up|down)$/);

const isDistinct = (names: readonly string[] | null) => names === null || new Set(names).size === names.length;
/** Said as `shared.setting.moduleTwice`, see `inWords` of `config.ts`: the catalogue's types are made from these entries. */
const TWICE = { params: { problem: 'moduleTwice' } };

export const ADAPTER = {
  rank: number({
    place: 'main',
    whole: true,
    min: 1,
    max: 64,
    default: 8,
    sweep: '4, 8, 16',
    library: { name: 'PEFT', parameter: 'r' },
  }),
  alpha: number({
    place: 'main',
    above: 0,
    max: 1e4,
    default: 16,
    sweep: '8, 16, 32',
    library: { name: 'PEFT', parameter: 'lora_alpha' },
  }),
  modules: own(z.array(z.enum(MODULE_KINDS)).min(1).max(7).refine(isDistinct, TWICE), {
    place: 'main',
    list: true,
    default: [...MODULE_KINDS],
    flag: 'target-modules',
    library: { name: 'PEFT', parameter: 'target_modules' },
  }),
  /** Exactly these modules instead of `modules` in every layer; null = not used. */
  only: own(
    z
      .array(moduleName)
      .min(1)
      .max(7 * 200)
      .nullable()
      .refine(isDistinct, TWICE),
    {
      place: 'more',
      list: true,
      default: null,
      flag: 'only-modules',
      library: { name: 'PEFT', parameter: 'target_modules' },
    },
  ),
  /** LoRA+: B learns this many times as fast as A. */
  loraPlusRatio: number({
    place: 'more',
    min: 1,
    max: 1e3,
    default: 1,
    sweep: '1, 4, 16',
    library: { name: 'PEFT', parameter: 'loraplus_lr_ratio' },
  }),
  /** Dropout on the adapter's input, seeded by the session: equal for runs that are compared. */
  dropout: number({
    place: 'more',
    unit: 'percent',
    min: 0,
    max: 0.9,
    default: 0,
    applies: { methods: ['lora', 'adalora', 'ts-lora'] },
    stays: true,
    sweep: '0, 5, 10',
    library: { name: 'PEFT', parameter: 'lora_dropout' },
  }),
  /** Its own learning rate; null = the session's. */
  learningRate: optional({
    off: null,
    start: 3e-3,
    place: 'more',
    above: 0,
    max: 1,
    sweep: '0.001, 0.003, 0.01',
    flag: 'run-learning-rate',
  }),
  /** rsLoRA: α/√r instead of α/r. */
  rslora: flag({
    place: 'more',
    default: false,
    applies: { methods: ['lora', 'dora', 'ts-lora', 'ts-dora'] },
    library: { name: 'PEFT', parameter: 'use_rslora' },
  }),
};

const PEFT = (parameter: string) => ({ name: 'PEFT' as const, parameter });

/** AdaLoRA's budget schedule and regularisation; names and meaning are PEFT's. `rank` of the run is `target_r`. */
export const ADALORA = {
  initRank: number({ place: 'more', whole: true, min: 1, max: 64, default: 12, library: PEFT('init_r') }),
  deltaT: number({
    place: 'more',
    unit: 'steps',
    whole: true,
    min: 1,
    max: 1e4,
    default: 1,
    library: PEFT('deltaT'),
  }),
  orthRegWeight: number({ place: 'more', min: 0, max: 100, default: 0.5, library: PEFT('orth_reg_weight') }),
  beta1: number({ place: 'more', min: 0, max: 0.9999, default: 0.85, library: PEFT('beta1') }),
  beta2: number({ place: 'more', min: 0, max: 0.9999, default: 0.85, library: PEFT('beta2') }),
  /** Steps before pruning starts, and final steps at the target budget; 'auto' = a tenth and a third of the run. */
  tinit: optional({
    off: 'auto',
    start: 10,
    place: 'more',
    unit: 'steps',
    whole: true,
    min: 0,
    max: 1e6,
    library: PEFT('tinit'),
  }),
  tfinal: optional({
    off: 'auto',
    start: 30,
    place: 'more',
    unit: 'steps',
    whole: true,
    min: 0,
    max: 1e6,
    library: PEFT('tfinal'),
  }),
};
