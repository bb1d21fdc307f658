/** Settings that leave the page and come back. */
export const share = {
  export: 'Export settings',
  import: 'Import settings…',
  file: 'Settings file',
  makeLink: 'Link to these settings',
  help: 'Both carry the settings and the seed, never data.',
  link: 'Link',
  linkHelp: 'Whoever opens it sees these settings, and trains on data of their own.',
  makeCommand: 'Command line',
  command: 'Command',
  commandHelp:
    'Trains the same in a terminal, with the same bits on the CPU: docs/terminal.md. Start it where the data file lies.',
  commandPart:
    'Rows edited by hand, repairs and some ways of reading are not in it: export the saved session instead, and give its zip.',
  copy: 'Copy',
  copied: 'Copied.',
  forbidden: 'Your browser forbids copying: take it by hand.',
};
