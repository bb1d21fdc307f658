/** Saved sessions, and the offer to resume one. */
const plural = (n: number, one: string, many: string) => (n === 1 ? one : many);

export const history = {
  title: 'Saved sessions',
  lead: 'Every session that ends is saved in this browser, with its curves and adapters. It stays here until you delete it, unless the browser runs out of storage.',
  off: 'This browser does not let the page save anything (perhaps a private window). Export adapters under Compare before you leave.',
  reader:
    '{head} Sieve is open in another tab, and only one tab can save. You can view, open and export here; sessions of this tab are not saved. When the other tab closes, this one takes over.',
  readOnly: 'Read only.',
  search: 'Search',
  searchPlaceholder: 'name, tag, model, data, method',
  import: 'Import a session',
  file: 'Session file',
  unlisted: 'The saved sessions cannot be read.',
  empty: 'Nothing yet. The first session that ends appears here.',
  noMatch: 'No saved session matches.',
  unreadable: (n: number, shown: string) =>
    plural(
      n,
      `${shown} entry from another version of Sieve cannot be read and is left unchanged.`,
      `${shown} entries from another version of Sieve cannot be read and are left unchanged.`,
    ),
  run: {
    shown: 'shown above',
    ended: { finished: 'finished', stopped: 'stopped', failed: 'failed' },
    facts: ({
      model,
      data,
      steps,
      seed,
      device,
      bytes,
    }: {
      model: string;
      data: string;
      steps: string;
      seed: number;
      device: string;
      bytes: string;
    }) => `{when} · ${model} · ${data} · ${steps} steps · seed ${seed} · ${device} · ${bytes}`,
    base: 'Base model',
    failed: 'failed',
    skipped: (share: string) => `${share} skipped`,
    deleteAsk: 'Delete this session, its adapters and the copy of its data? This cannot be undone.',
    delete: 'Delete',
    keep: 'Cancel',
    open: 'Open',
    compare: 'Add to Compare',
    export: 'Export',
    edit: 'Rename, tag',
    name: 'Name',
    tags: 'Tags',
    tagsHelp: 'Separated by commas.',
    save: 'Save',
    cancel: 'Cancel',
  },
  room: {
    used: 'Storage used',
    of: (usage: string, quota: string) =>
      `${usage} of the ${quota} that the browser allows this page (including models for offline use and the data of sessions)`,
    persisted: 'The browser will not clear it on its own.',
    ask: 'Ask the browser not to clear it',
  },
  resume: {
    title: (step: string, of: string) => `A session was interrupted at step ${step} of ${of}`,
    saved: (runs: string, model: string, ago: string) => `${runs} on ${model}, saved ${ago}.`,
    data: (data: string) => `Data: ${data}.`,
    exact: 'It resumes exactly where it was: same curves, same result.',
    /** @param here the device that it would resume on */
    other: (began: string, here: string) =>
      `It ran on ${began} and would resume on ${here}: it continues where it was, but not bit for bit. For exactly the same result, choose the same device under Model first.`,
    unknown: 'Its device is not known: it continues where it was, perhaps not bit for bit.',
    damaged: 'The newest checkpoint is incomplete or damaged (its checksum is wrong); this is the one before it.',
    replaced: 'Starting another session replaces it.',
    opening: 'Opening…',
    at: (step: string) => `Resume at step ${step}`,
    discard: 'Discard',
    later: 'Later',
    /** @param where the place that has it then */
    laterWhere: (where: string) => `It stays under ${where}`,
    lostTitle: 'A session was interrupted and cannot be resumed',
    lost: 'Its checkpoint is incomplete or damaged (its checksum is wrong), and there is no earlier one. Start it again; saved sessions are not affected.',
  },
  /** What is saved of the running session. */
  saving: {
    not: '{head} {why} Training goes on.',
    notHead: 'No checkpoint was saved:',
    from: (step: string) => `After a reload it would resume from step ${step}.`,
    reader: 'Sieve is open in another tab, and only one tab can save.',
    off: 'this browser does not let the page save anything (perhaps a private window).',
    paused: (step: string) => `Saved at step ${step}. You may close the tab and come back.`,
    at: (step: string) =>
      `Saved at step ${step}. After a reload or a crash training resumes from there. While the tab is hidden, the browser may slow it down.`,
    onTheWay: 'Checkpoints are saved automatically.',
    away: (time: string, steps: number, shown: string) =>
      `While this tab was hidden for ${time}, training did ${shown} ${plural(steps, 'step', 'steps')}.`,
    slowed: (time: string, steps: number, shown: string, pace: string) =>
      `While this tab was hidden for ${time}, training did ${shown} ${plural(steps, 'step', 'steps')}, at ${pace} of its earlier speed: the browser slowed it down. Only time is lost.`,
    still: (time: string) =>
      `While this tab was hidden for ${time}, the browser or the computer paused training. It continues from the same step; nothing is lost.`,
  },
  startName: {
    more: (n: number) => `${n} more`,
    on: (runs: string, data: string) => `${runs} on ${data}`,
  },
};
