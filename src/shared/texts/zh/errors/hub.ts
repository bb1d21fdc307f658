import type { Texts } from '../../en';

export const hub: Texts['errors']['hub'] = {};
