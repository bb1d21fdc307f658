/** Errors of hub/. */
export const hub = {};
