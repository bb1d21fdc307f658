/**
 * What whoever looks into a device that fails needs to know, as text to copy. In English: it is for the project's
 * issues.
 */
import type { CheckpointInfo } from '../train/protocol';
import type { State } from './slices';

/** Nothing of the data, and no prompt: settings, sizes, and what the browser says of itself. */
export function diagnostics(
  { model, runs }: Pick<State, 'model' | 'runs'>,
  offer: CheckpointInfo | null,
  agent = globalThis.navigator?.userAgent ?? '',
): string {
  const { info, source } = model;
  const { config, plan } = runs.session ?? { config: null, plan: null };
  const { train } = config ?? {};
  const lines: [string, string | undefined][] = [
    [
      'error',
      runs.broke
        ? `${runs.broke.error.name}: ${runs.broke.error.code} ${JSON.stringify(runs.broke.error.params)}`
        : undefined,
    ],
    ['browser', agent],
    ['device', info ? JSON.stringify(info.device) : undefined],
    ['model', source ? `${source.kind} ${source.id}, ${info?.parameters ?? '?'} parameters` : undefined],
    ['gradients', info?.gradients?.state],
    ['runs', config?.runs.map((r) => `${r.method} rank ${r.rank} on ${r.modules.join('+')}`).join('; ')],
    [
      'batch',
      train && `${train.batchSize} x ${train.maxSequenceLength}, accumulation ${train.gradientAccumulationSteps}`,
    ],
    [
      'planned memory',
      plan
        ? `${Math.round(plan.totalBytes / 2 ** 20)} MiB${plan.limitBytes === null ? '' : ` of ${Math.round(plan.limitBytes / 2 ** 20)}`}`
        : undefined,
    ],
    ['checkpoint', offer ? `step ${offer.step} of ${offer.config.train.steps}` : 'none'],
  ];
  return lines.flatMap(([name, value]) => (value ? [`${name}: ${value}`] : [])).join('\n');
}
