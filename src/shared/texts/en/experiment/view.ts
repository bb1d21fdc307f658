/** Where an experiment's queue is, and what can be done with it. */
export const view = {
  shows: 'What it shows',
  showsSoFar: 'What it shows so far',
  nothing: 'Nothing to compare yet.',
  /** `comparisons`: how many there are, where that is enough to be misled by; else null. */
  how: (comparisons: number | null) =>
    `Lower loss is better. ± is a 95 % interval of Student’s t over seeds; differences are paired by seed.${comparisons === null ? '' : ` With ${comparisons} comparisons, one that looks clear may still be chance: about one in twenty does.`}`,
  progress: 'Sessions done',
  running: (done: number, total: number, now: string) => `${done} of ${total} sessions done. ${now}`,
  finished: (sessions: number, seeds: number) =>
    `Finished: ${sessions} sessions, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}.`,
  failed: (done: number, total: number, problem: string | null) =>
    `Ended after ${done} of ${total} sessions: ${problem ?? 'see the message above'}`,
  waiting: (done: number, total: number) => `${done} of ${total} sessions done; the rest waits.`,
  step: (done: number, total: number) => `step ${done} of ${total} · live under {train}`,
  starting: 'Starting…',
  now: (seed: number, seeds: number, what: string) => `Seed ${seed} of ${seeds}: ${what}.`,
  paused: 'paused',
  probing: 'probing the modules',
  training: (runs: number) => `training ${runs} runs side by side`,
  activity: {
    modules: 'measuring the modules',
    answers: 'scoring answers',
    tokens: 'looking at which tokens are skipped',
  },
  pause: 'Pause',
  resume: 'Go on',
  stop: 'Stop',
  report: 'Report (HTML)',
  delete: 'Delete…',
  deleteSure: 'Delete it and its results',
  keep: 'Keep it',
  keptRunning:
    'Finished sessions are kept when the page closes. One that is interrupted starts anew and, having the same seed, gives the same.',
  keptFinished: 'Kept in this browser until you delete it.',
  keptPaused: 'What is finished is kept. Going on starts with the first session that is not.',
  notKept: 'The data were too big to keep: this can go on only while the page stays open.',
};
