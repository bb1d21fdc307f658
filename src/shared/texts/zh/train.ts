import type { Texts } from '../en';

export const train: Texts['train'] = {};
