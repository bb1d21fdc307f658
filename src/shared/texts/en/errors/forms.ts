/** What store/ has to say of what a person fills in: settings, presets, the form of an experiment. */
import type { Words } from '../../../settings/words';
import { presetReason } from '../configure/presets';
import { settings } from '../settings';
import { train } from '../train';

interface Setting {
  group: keyof typeof settings.group;
  key: string;
}
const label = ({ group, key }: Setting) => (settings[group] as Record<string, Words>)[key].label;

export const forms = {
  /** A problem as a sentence's beginning, where its field is out of sight. */
  place: {
    at: ({ place, problem }: { place: string; problem: string }) => `${place}: ${problem}`,
    settings: 'Settings',
    /** What its field is called; `labelled` with the unit. */
    setting: (of: Setting) => label(of),
    labelled: ({ unit, ...of }: Setting & { unit: keyof typeof settings.unit | null }) =>
      unit ? settings.withUnit(label(of), settings.unit[unit]) : label(of),
    name: train.run.name,
    method: train.run.method,
    run: ({ n }: { n: number }) => `Run ${n}`,
    ofRun: ({ run, field }: { run: string; field: string }) => `${run}, ${field}`,
  },
  /** What a model does not allow, in words that follow a setting's name. */
  draft: {
    context: ({ tokens }: { tokens: number }) => `this model reads at most ${tokens} tokens`,
    pictures: ({ tokens }: { tokens: number }) => `every picture of this model has ${tokens} tokens`,
    noModule: ({ name, layers }: { name: string; layers: number }) =>
      `this model has no "${name}" in its ${layers} layers, counted from 0`,
  },
  /** Ways to need less memory. */
  thriftier: {
    batch: ({ to, from }: { to: string; from: string }) => `Batch size ${to} instead of ${from}`,
    context: ({ to, from }: { to: number; from: number }) => `Max sequence length ${to} instead of ${from}`,
    rank: ({ to, from }: { to: number; from: number }) => `Rank ${to} instead of ${from}`,
    /** Several at once; null where that stays. */
    together: ({ batch, context, rank }: { batch: string | null; context: number; rank: number | null }) =>
      `${batch === null ? 'Max sequence length' : `Batch size ${batch}, max sequence length`} ${context}${rank === null ? '' : `, rank ${rank}`}`,
  },
  /** Why a preset's numbers are what they are. */
  preset: presetReason,
  /** What is wrong with the settings that vary. */
  grid: {
    none: ({ label, example }: { label: string; example: string }) =>
      `${label}: give at least one value, such as ${example}.`,
    many: ({ label, most }: { label: string; most: number }) => `${label}: at most ${most} values.`,
    number: ({ label, value }: { label: string; value: string }) => `${label}: “${value}” is not a number.`,
    choice: ({ label, value, known }: { label: string; value: string; known: string }) =>
      `${label}: “${value}” is none of ${known}.`,
    duplicate: ({ label }: { label: string }) => `${label}: duplicate value.`,
    same: 'Choose two different settings.',
    unused: ({ label }: { label: string }) => `None of the chosen methods has the setting “${label}”.`,
    variants: ({ n, most }: { n: number; most: number }) =>
      `This gives ${n} variants; at most ${most} are allowed. Choose fewer values or methods.`,
    setting: ({ problem }: { problem: string }) => `${problem}.`,
  },
  /** What is wrong with the form of an experiment. */
  experiment: {
    seeds: ({ most }: { most: number }) => `Choose 1 to ${most} seeds.`,
    two: {
      methods: 'Choose at least two methods to compare, or a setting to vary.',
      runs: 'Choose at least two runs to compare, or a setting to vary.',
    },
    none: 'Choose at least one method.',
    many: ({ n, most }: { n: number; most: number }) =>
      `These are ${n} variants, and ${most} are trained together at most. Choose fewer methods or controls.`,
    oneVariant: 'This gives only one variant: add a second value.',
    probe: 'The probe needs at least one step.',
    budget: 'The budget must be between 1 and 100 %.',
  },
};
