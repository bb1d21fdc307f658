import type { Texts } from '../en';

export const inspect: Texts['inspect'] = {};
