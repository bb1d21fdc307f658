/** Settings that leave the page and come back. */
export const share = {
  export: 'Export settings',
  import: 'Import settings…',
  file: 'Settings file',
  makeLink: 'Link to these settings',
  help: 'Both carry the settings and the seed, never data.',
  link: 'Link',
  linkHelp: 'Whoever opens it sees these settings, and trains on data of their own.',
  copy: 'Copy',
  copied: 'Copied.',
  forbidden: 'Your browser forbids copying: take it by hand.',
};
