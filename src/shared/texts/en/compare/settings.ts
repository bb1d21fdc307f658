/** Config diff: what is not the words of a single setting. */
export const settings = {
  differ: 'Config diff',
  same: 'The settings of these runs are the same, the seed included.',
  setting: 'Setting',
  notApplying: 'does not apply',
  help: 'Everything else is equal. A setting is compared among the runs that it applies to.',
  model: 'Model',
  data: 'Data',
  unknown: 'unknown',
  promptTemplate: 'Prompt template',
  completionTemplate: 'Completion template',
  chatTemplate: 'Chat template',
  own: (name: string) => `the model’s own (${name})`,
  none: 'none',
};
