import { tellsClasses } from '../shared/model';
import { useSel } from './studioContext';

/** Whether the open model tells classes apart, and so writes no text. */
export const useTellsClasses = (): boolean => useSel((s) => s.model.info !== null && tellsClasses(s.model.info.config));
