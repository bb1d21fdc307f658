import type { Texts } from '../../en';

export const train: Texts['errors']['train'] = {};
