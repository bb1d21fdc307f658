/** Compare section: differences, answers, votes. */
export const compare = {};
