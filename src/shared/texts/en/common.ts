/** Words that several parts use: units, times, fields, notices. */
export const common = {};
