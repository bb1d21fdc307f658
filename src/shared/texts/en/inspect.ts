/** Inspect section: what the token gates do. */
import { kindLabel } from '../../settings/names';
export const inspect = {
  noGates: 'No run in this session has token gates. Add a TS-LoRA run under {configure}.',
  run: 'Run',
  stillOpen: (step: number) => `Nothing is skipped yet: thresholds τ move after step ${step}.`,
  module: 'Module',
  source: 'Tokens of',
  ofStep: 'the last training step',
  ofEval: 'the last evaluation',
  notMeasured: 'validation split (not evaluated yet)',
  watch: {
    text: 'Text to watch',
    nowExample: 'Now: the first validation example.',
    nowOwn: 'Now: your text.',
    use: 'Watch this text',
    back: 'Back to the validation example',
  },
  shares: {
    title: 'Skipped share over time',
    over: 'Skipped share over steps',
    axis: 'skipped',
    layer: 'Layer',
    module: 'Module',
    now: 'skipped now',
    grouping: 'Lines by',
    byModule: 'by module',
    byLayer: 'by layer',
  },
  overTime: {
    title: (layer: number, kind: string) => `Layer ${layer}, ${kindLabel(kind)}, over time`,
    skipped: 'skipped',
    tau: 'τ',
    tauAxis: 'threshold τ',
    skippedOf: (module: string) => `Skipped share of ${module}`,
    tauOf: (module: string) => `Threshold of ${module}`,
    what: 'Above: the share of tokens that this module skipped in each training batch. Below: its threshold τ. When τ rises faster than the updates grow, more tokens are skipped.',
    whatShare: 'The share of tokens that this module skipped in each training batch. This gate learns no threshold.',
    now: ({
      step,
      module,
      share,
      tau,
      most,
    }: {
      step: number;
      module: string;
      share: string;
      tau: string | null;
      most: string;
    }) => `At step ${step} ${module} skips ${share}${tau ? ` with τ at ${tau}` : ''}; the most it skipped was ${most}.`,
  },
  table: {
    summary: (cut: string | null) => `All modules: ${cut ? `${cut}, ` : ''}active share and gate gradient μ`,
    help: 'Gate gradient μ: below 0, a little more of this token’s update would lower the loss. μ of an active token is measured with its update applied, μ of a skipped one without it: the two columns cannot be compared with each other, only each with that of a random gate.',
    label: 'All modules',
    module: 'Module',
    active: 'active',
    skipped: 'skipped',
    muActive: 'mean μ, active',
    muSkipped: 'mean μ, skipped',
  },
};
