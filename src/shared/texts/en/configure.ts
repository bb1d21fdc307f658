/** Configure section and the settings of runs. */
export const configure = {};
