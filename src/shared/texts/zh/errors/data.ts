import type { Texts } from '../../en';

export const data: Texts['errors']['data'] = {};
