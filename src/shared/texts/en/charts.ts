/** Charts and maps, and what explains them. */
export const charts = {};
