/** Inspect section. */
export const inspect = {};
