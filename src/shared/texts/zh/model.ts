import type { Texts } from '../en';

export const model: Texts['model'] = {};
