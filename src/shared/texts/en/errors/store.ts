/** Errors of store/. */
export const store = {};
