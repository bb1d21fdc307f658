/** Charts: titles, axes, what is said under a cursor, "what is this?". */
import { kindLabel } from '../../../settings/names';
import { explain } from './explain';

export const charts = {
  explain,
  layer: (layer: number) => `layer ${layer}`,
  module: (layer: number, kind: string) => `layer ${layer}, ${kindLabel(kind)}`,
  step: 'step',
  stepAt: (step: number) => `step ${step}`,
  /** Of a slider through time. */
  slider: 'Step {step}',
  sliderLatest: 'Step {step} (latest)',
  scrubbed: (step: number) => `Step ${step}`,
  frame: {
    what: 'What is this?',
    asTable: 'As a table',
    asTableOf: (title: string) => `${title}, as a table`,
    menu: (title: string) => `${title}: table and files`,
    file: (kind: string, title: string) => `${kind} of ${title}`,
    thinned: (stride: number, rows: number) => `One row in ${stride}; the CSV has all ${rows}`,
  },
  /** What the columns of the files are called where they stand in a table on the page. */
  column: {
    step: 'step',
    rank: 'rank',
    module: 'module',
    'active share': 'active share',
    'spread between windows': 'spread between windows',
    tau: 'tau',
    'r from': 'r from',
    'r to': 'r to',
    tokens: 'tokens',
    'skipped share': 'skipped share',
    token: 'token',
    text: 'text',
    active: 'active',
    r: 'r',
    'active in': 'active in',
    'mean r': 'mean r',
    nats: 'nats',
    'of all': 'of all',
  },
  line: {
    cursor: (title: string) => `${title}: cursor. Arrow keys move it`,
    cursorZoom: (title: string) => `${title}: cursor. Arrow keys move it, plus zooms in, 0 shows all`,
    said: (step: number, values: string[]) => `step ${step}: ${values.join(', ')}`,
    zoomed: (from: number, to: number) => `Steps ${from}–${to}: show all`,
    zoom: 'Drag over a chart to zoom in',
  },
  map: {
    role: 'map',
    label: (title: string) =>
      `${title}. Arrow keys move between cells, Enter selects one; the table below has all numbers.`,
  },
  curves: {
    all: 'All line charts',
    smoothing: 'Smoothing {weight}',
    log: 'Log scale',
    loss: 'Loss',
    lossOver: 'Loss of all runs over steps',
    nats: (classes: boolean) => `cross-entropy (nats/${classes ? 'example' : 'token'})`,
    raw: (run: string) => `${run}, raw`,
    training: (run: string) => `${run}, train`,
    validation: (run: string) => `${run}, validation`,
    base: 'base model',
    baseValidation: 'base model, validation',
    help: 'Thin: train loss of each batch. Thick, with dots: validation loss. Horizontal: validation loss of the base model.',
    gradient: 'Gradient norm',
    gradientOver: 'Gradient norm over steps',
    gradientAxis: 'gradient norm',
    gradientUnit: 'before clipping',
    rate: 'Learning rate',
    rateOver: 'Learning rate over steps',
    rateAxis: 'learning rate',
    rateUnit: 'per update',
    speed: 'Tokens per second',
    speedOver: 'Tokens per second over steps',
    speedAxis: 'tokens per second',
    speedUnit: 'each run',
  },
  lossTable: { step: 'Step', base: 'base model', validation: 'validation', againstBase: 'minus base model' },
  ranking: {
    title: 'Modules by active share',
    module: 'Module',
    active: (from: number, to: number) => `Active share, steps ${from}–${to}`,
    first: (n: number) => `First ${n} only`,
    all: (n: number) => `All ${n} modules`,
    overTime: 'Rank stability over the second half of the run',
    against: (run: string) => `Compared with ${run}`,
    unknown: 'not known yet',
    /** Spearman's rank correlation, −1 to 1. */
    rho: (correlation: string) => `Spearman ρ = ${correlation}`,
  },
  /** What a gate compares r with: a learned threshold, or where a fixed share falls. */
  cut: { tau: 'τ', cut: 'cutoff' },
  histogram: {
    title: (module: string) => `Relative update norm r in ${module}`,
    rest: (layer: number) => `The other modules of layer ${layer}, on the same axis`,
    small: (kind: string, cut: string | null) => (cut ? `${kindLabel(kind)}, ${cut}` : kindLabel(kind)),
    said: (module: string, cut: string | null) => `Relative update norm r in ${module}${cut ? `, ${cut}` : ''}`,
    help: {
      tau: 'r = ‖Δ‖/‖y‖, the relative update norm of each token (log scale). Left of τ, pale: skipped.',
      cut: 'r = ‖Δ‖/‖y‖, the relative update norm of each token (log scale). Left of the cutoff, pale: skipped.',
      none: 'r = ‖Δ‖/‖y‖, the relative update norm of each token (log scale). This gate does not go by r, so it has no threshold.',
    },
  },
  skipMap: {
    title: (step: number) => `Skipped share, layer × module, step ${step}`,
    label: 'Skipped share by layer and module',
    caption: (step: number) => `Skipped share in percent at step ${step}`,
    layer: 'Layer',
    none: (layer: number, kind: string) => `${kindLabel(kind)} of layer ${layer} is not a target module`,
    cell: (module: string, share: string) => `${module}: ${share} skipped`,
    low: '0 %',
    high: '100 % skipped',
  },
  tokenMap: {
    title: (step: number) => `Token × module, step ${step}`,
    colour: 'Colour shows',
    gate: 'active or skipped',
    norm: 'update norm r',
    label: 'Active updates, by module and token',
    skipped: 'skipped',
    active: 'active',
    smallest: 'smallest r',
    largest: 'largest r (log scale)',
    /** What one module did with one token. */
    wasActive: (module: string, token: string, r: string) => `${module}, “${token}”: active, r ${r}`,
    wasSkipped: (module: string, token: string, r: string) => `${module}, “${token}”: skipped, r ${r}`,
    wasActiveAt: (module: string, token: string, r: string, tau: string) =>
      `${module}, “${token}”: active, r ${r} ≥ τ ${tau}`,
    wasSkippedAt: (module: string, token: string, r: string, tau: string) =>
      `${module}, “${token}”: skipped, r ${r} < τ ${tau}`,
  },
  tokens: {
    title: 'A text, token by token',
    layer: 'Layer',
    allLayers: 'all layers',
    module: 'Module',
    allModules: 'all modules',
    legend: 'Tokens; arrow keys move',
    token: (share: string, modules: number, r: string) => `active in ${share} of ${modules}, mean r ${r}`,
    skippedByAll: 'skipped by all',
    activeInAll: 'active in all',
    help: (step: number, modules: number) =>
      `Step ${step}. The stronger the colour, the more of the ${modules} selected modules apply their update to this token.`,
    gates: 'Every module’s gate for one token',
    caption: (token: string, step: number, thresholds: boolean) =>
      `“${token}” at step ${step}: r${thresholds ? ' over τ' : ''} in every module; ● active, ○ skipped`,
    activeR: 'active, r',
    skippedR: 'skipped, r',
  },
  patches: {
    title: (label: string) => `A picture of class “${label}”, patch by patch`,
    classToken: 'class token',
    patch: (row: number, column: number) => `row ${row}, column ${column}`,
    label: (label: string) =>
      `Picture of class “${label}”. Arrow keys move between patches; the table has all numbers.`,
    help: (step: number, modules: number) =>
      `Step ${step}. The clearer a patch, the more of the ${modules} selected modules apply their update to it; what all skip fades.`,
    which: (n: number, of: number) => `Validation picture ${n} of ${of}`,
    previous: 'Previous picture',
    next: 'Next picture',
  },
  intervals: {
    row: (label: string, value: string, seeds: number) =>
      `${label}: ${value}, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`,
    point: (label: string, step: number, value: string) => `${label}, step ${step}: ${value}`,
  },
  scatter: {
    point: (label: string, share: string, value: string) => `${label}: ${share} skipped, ${value}`,
  },
  bands: {
    line: (label: string, seeds: number, step: number, value: string) =>
      `${label}, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}: ${value} at step ${step}`,
  },
};
