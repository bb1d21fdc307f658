/** Train section: progress, runs, samples. */
export const train = {};
