/** Data section. */
export const data = {};
