import type { Texts } from '../en';

export const experiment: Texts['experiment'] = {};
