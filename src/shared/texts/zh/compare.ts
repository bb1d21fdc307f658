import type { Texts } from '../en';

export const compare: Texts['compare'] = {};
