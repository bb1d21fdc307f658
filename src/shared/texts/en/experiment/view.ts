/** Where an experiment's queue is, and what can be done with it. */
export const view = {
  shows: 'Findings',
  showsSoFar: 'Findings so far',
  none: 'No experiment yet. Start one under New.',
  without: 'This experiment does not measure that.',
  nothing: 'Nothing to compare yet.',
  /** `comparisons`: how many there are, where that is enough to be misled by; else null. */
  how: (comparisons: number | null) =>
    `Lower loss is better. Intervals are 95 % confidence intervals (Student’s t over seeds); differences are paired by seed.${comparisons === null ? '' : ` There are ${comparisons} comparisons: about one in twenty looks clear by chance.`}`,
  progress: 'Sessions done',
  running: (done: number, total: number, now: string) => `${done} of ${total} sessions done. ${now}`,
  finished: (sessions: number, seeds: number) =>
    `Finished: ${sessions} sessions, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}.`,
  failed: (done: number, total: number, problem: string | null) =>
    `Ended after ${done} of ${total} sessions: ${problem ?? 'see the message above'}`,
  waiting: (done: number, total: number) => `${done} of ${total} sessions done; the others are waiting.`,
  step: (done: number, total: number) => `step ${done} of ${total} · live under {train}`,
  starting: 'Starting…',
  now: (seed: number, seeds: number, what: string) => `Seed ${seed} of ${seeds}: ${what}.`,
  paused: 'paused',
  probing: 'probing the modules',
  training: (runs: number) => `training ${runs} runs side by side`,
  activity: {
    modules: 'measuring the modules',
    answers: 'scoring answers',
    tokens: 'counting skipped tokens by class',
  },
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
  report: 'Report (HTML)',
  delete: 'Delete…',
  deleteSure: 'Delete it and its results',
  cancelDelete: 'Cancel',
  savedRunning:
    'Finished sessions are saved when the page closes. An interrupted session starts over and, with the same seed, gives the same result.',
  savedFinished: 'Saved in this browser until you delete it.',
  savedPaused: 'Finished sessions are saved. It resumes with the first unfinished session.',
  notSaved: 'The data were too large to save: this can only be resumed while the page stays open.',
};
