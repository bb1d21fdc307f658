import type { Texts } from '../en';

export const configure: Texts['configure'] = {};
