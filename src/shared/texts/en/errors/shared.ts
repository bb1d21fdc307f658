/** Errors of shared/. */
export const shared = {};
