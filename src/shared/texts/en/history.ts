/** History section and the offer to resume. */
const plural = (n: number, one: string, many: string) => (n === 1 ? one : many);

export const history = {
  title: 'History',
  lead: 'Every run that ends is kept in this browser, with its curves and adapters. It stays here until you delete it, unless the browser runs out of room.',
  off: 'This browser lets the page keep nothing (a private window, perhaps). Export adapters under Compare before you leave.',
  reader:
    '{head} Sieve is open in another tab, and only one tab writes. You can look, open and export here; runs of this tab are not kept. When the other tab closes, this one takes over.',
  readOnly: 'Read only.',
  search: 'Search',
  searchPlaceholder: 'name, tag, model, data, method',
  import: 'Import a run',
  file: 'Run file',
  unlisted: 'The kept runs cannot be read.',
  empty: 'Nothing yet. The first run that ends appears here.',
  noMatch: 'No kept run matches.',
  unreadable: (n: number, shown: string) =>
    plural(
      n,
      `${shown} entry of another version of Sieve cannot be read, and is left alone.`,
      `${shown} entries of another version of Sieve cannot be read, and are left alone.`,
    ),
  run: {
    shown: 'shown above',
    ended: { finished: 'finished', stopped: 'stopped', failed: 'failed' },
    facts: (model: string, data: string, steps: string, seed: number, device: string, bytes: string) =>
      `{when} · ${model} · ${data} · ${steps} steps · seed ${seed} · ${device} · ${bytes}`,
    base: 'Base',
    failed: 'failed',
    skipped: (share: string) => `${share} skipped`,
    deleteAsk: 'Delete this run, its adapters and the copy of its data? This cannot be undone.',
    delete: 'Delete',
    keep: 'Keep it',
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
      `${usage} of ${quota} that the browser gives this page (models for offline use and the data of runs among them)`,
    persisted: 'The browser will not clear it by itself.',
    ask: 'Ask the browser not to clear it',
  },
  resume: {
    title: (step: string, of: string) => `A run was interrupted at step ${step} of ${of}`,
    saved: (runs: string, model: string, ago: string) => `${runs} on ${model}, saved ${ago}.`,
    data: (data: string) => `Data: ${data}.`,
    exact: 'It goes on exactly where it was: same curves, same result.',
    /** @param here what it would go on on */
    other: (began: string, here: string) =>
      `It was computed on ${began} and would go on on ${here}: it goes on where it was, but not bit for bit. To have the very same result, choose the same device under Model first.`,
    unknown: 'What it was computed on is not known: it goes on where it was, perhaps not bit for bit.',
    damaged: 'The newest checkpoint is incomplete or damaged (its checksum is wrong); this is the one before it.',
    replaced: 'Starting another run replaces it.',
    opening: 'Opening…',
    at: (step: string) => `Resume at step ${step}`,
    discard: 'Discard',
    lostTitle: 'A run was interrupted and cannot go on',
    lost: 'What was saved of it is incomplete or damaged (its checksum is wrong), and there is no checkpoint before it. Start it again; runs under History are not touched.',
    gpuLost: (step: number) =>
      `The run was interrupted: the GPU was lost, as happens when a computer sleeps, or its worker stopped. It went on from its checkpoint at step ${step}.`,
    thriftier: (step: number) =>
      `The run was interrupted by an error of the GPU. On a GPU that was opened anew it went on from its checkpoint at step ${step}, in less memory.`,
    lostAgain: (step: number) => ({
      message: `The GPU failed a second time within minutes, so the run was not taken up again by itself. Its checkpoint at step ${step} is intact.`,
      hint: 'Resume it above: on the CPU, say, which is chosen under Model, or after other programs that use the GPU were closed. The diagnostics hold settings and sizes, nothing of your data.',
    }),
    wentOn: (began: string, goesOn: string) =>
      `The run was computed on ${began} and goes on on ${goesOn}: its numbers may differ in the last digits from those of an uninterrupted one.`,
    waiting: 'A run of the tab that was closed waits to be resumed, and there is room for one.',
  },
  /** What is saved of the run that is going on. */
  saving: {
    not: '{head} {why} Training goes on.',
    notHead: 'Not saved on the way:',
    from: (step: string) => `After a reload it would go on from step ${step}.`,
    reader: 'another tab of Sieve is open, and only one may write.',
    off: 'this browser lets the page keep nothing (a private window, perhaps).',
    paused: (step: string) => `Saved at step ${step}. You may close the tab and come back.`,
    at: (step: string) =>
      `Saved at step ${step}. After a reload or a crash the run goes on from there. While the tab is hidden the browser may slow it down.`,
    onTheWay: 'Saved on the way.',
    away: (time: string, steps: number, shown: string) =>
      `While this tab was hidden for ${time}, the run did ${shown} ${plural(steps, 'step', 'steps')}.`,
    slowed: (time: string, steps: number, shown: string, pace: string) =>
      `While this tab was hidden for ${time}, the run did ${shown} ${plural(steps, 'step', 'steps')}, ${pace} of its pace before: the browser slowed it down. Nothing is lost by that but time.`,
    still: (time: string) =>
      `While this tab was hidden for ${time}, the browser or the computer held the run still. It goes on from the same step; nothing is lost.`,
  },
  startName: {
    more: (n: number) => `${n} more`,
    on: (runs: string, data: string) => `${runs} on ${data}`,
  },
};
