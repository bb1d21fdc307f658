/** Errors of engine/. */
export const engine = {};
