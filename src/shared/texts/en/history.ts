/** History section and the offer to resume. */
export const history = {};
