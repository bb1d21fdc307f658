/** The adapter of one run. In the form's order. */
import { z } from '../zod';
import { ALL_LINEAR, currentTargets, moduleKind, moduleName } from './names';
import { flag, number, optional, own } from './setting';

const isDistinct = (names: readonly string[] | null) => names === null || new Set(names).size === names.length;
/** A message by its code alone: the catalogue's types are made from these entries, so `message` cannot be had here. */
const TWICE = { params: { said: { code: 'shared.setting.moduleTwice', params: {} } } };

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
  /** As PEFT's: names of linear layers, or `all-linear` alone. */
  modules: own(
    z.preprocess(currentTargets, z.array(moduleKind).min(1).max(64).refine(isDistinct, TWICE)) as z.ZodType<string[]>,
    {
      place: 'main',
      list: true,
      default: [ALL_LINEAR],
      flag: 'target-modules',
      library: { name: 'PEFT', parameter: 'target_modules' },
    },
  ),
  /** Exactly these modules instead of `modules` in every layer; null = not used. */
  only: own(z.array(moduleName).min(1).max(4000).nullable().refine(isDistinct, TWICE), {
    place: 'more',
    list: true,
    default: null,
    flag: 'only-modules',
    library: { name: 'PEFT', parameter: 'target_modules' },
  }),
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
    sweep: '0, 5, 10',
    library: { name: 'PEFT', parameter: 'lora_dropout' },
  }),
  /**
   * Token dropout: the update of a token is skipped at random in each module, in training alone, and the others' are
   * scaled up.
   */
  tokenDropout: number({
    place: 'more',
    unit: 'percent',
    min: 0,
    max: 0.9,
    default: 0,
    wasDefault: 0,
    sweep: '0, 25, 50',
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
    library: { name: 'PEFT', parameter: 'use_rslora' },
  }),
  /**
   * The run ends with its adapter at the scale in (0, 1] that is best on the dev split: one number, found by a line
   * search.
   */
  shrink: flag({ place: 'more', default: false, wasDefault: false }),
};
