/** Experiment section: grids, verdicts, report. */
export const experiment = {};
