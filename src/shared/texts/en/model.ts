/** Model section. */
export const model = {};
