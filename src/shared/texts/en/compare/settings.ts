/** What the settings are called where runs are compared. In the order in which they are listed. */

export const settings = {
  differ: 'Config diff',
  same: 'The settings of these runs are the same, the seed included.',
  setting: 'Setting',
  notApplying: 'does not apply',
  help: 'Everything else is equal. Token-gate settings are only compared between runs that have gates.',
  model: 'Model',
  data: 'Data',
  unknown: 'unknown',
  promptTemplate: 'Prompt template',
  completionTemplate: 'Completion template',
  chatTemplate: 'Chat template',
  own: (name: string) => `the model’s own (${name})`,
  none: 'none',
};
