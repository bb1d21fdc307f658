/** Errors of train/. */
export const train = {};
