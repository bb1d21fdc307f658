import type { SessionView } from '../../store/slices';

const LABELLED: readonly string[] = ['text-label', 'picture-label'];

/**
 * Whether a session says how often its runs are right: known from its rows, before the first evaluation, or from an
 * accuracy.
 */
export const tellsLabels = ({ mapping, metricLogs }: SessionView): boolean =>
  (mapping !== null && LABELLED.includes(mapping.kind)) || [...metricLogs.values()].some((m) => m.accuracy.length > 0);
