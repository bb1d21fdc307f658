/** How the process ends; docs/terminal.md has the same list. */
export const EXIT = {
  done: 0,
  /** The model, the data, the device or the training failed. */
  failed: 1,
  /** The command line or the settings cannot be understood. */
  usage: 2,
  /** At least one run failed, and others ended well. */
  someFailed: 3,
  /** Ended by a signal; a checkpoint is written. */
  interrupted: 130,
} as const;
