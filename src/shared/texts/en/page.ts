/** The page itself: title, footer, tour, keys. */
export const page = {
  title: 'Sieve: fine-tuning in a browser tab',
  skip: 'Skip to the content',
  claim:
    'Fine-tune a small language model in this tab and see which tokens a gated adapter skips, and at what loss. Nothing leaves the tab unless you push it to the Hub.',
  privacy:
    'Your data, the model and the adapters stay in this browser tab; this page has no server. Only opening a model by its Hugging Face id downloads something, and only a run that you push to the Hub is sent.',
  offline: {
    preparing: 'Preparing for offline use…',
    ready: 'This page and both built-in models work offline. Your browser can install it as an app.',
    update: 'A new version of Sieve is ready. {reload}',
    updateLive: 'A new version of Sieve is ready. {reload} The run is saved and can be resumed.',
    reload: 'Reload now',
    failed: 'This browser could not store the page for offline use.',
  },
  colours: 'Colours',
  theme: { auto: 'Auto', light: 'Light', dark: 'Dark', contrast: 'Contrast' },
  coloursAre: (theme: string) => `Colours: ${theme.toLowerCase()}`,
  languageIs: (name: string) => `Language: ${name}`,
  keys: {
    title: 'Keys',
    help: 'They are off while you type in a field. A focused map or chart has its own keys: the arrow keys move, Enter selects, plus zooms in and 0 shows everything.',
    on: 'Enable these keys',
    close: 'Close',
    group: { training: 'Training', sections: 'Sections', map: 'Skip map', page: 'Page' },
    train: 'Train',
    pause: 'Pause or resume',
    stop: 'Stop and keep the adapters',
    back: 'Back one step',
    onward: 'Forward one step',
    first: 'First step',
    latest: 'Latest step',
    colours: (themes: string[]) => `Next colour theme: ${themes.join(', ').toLowerCase()}`,
    language: (names: string[]) => `Next language: ${names.join(', ')}`,
    list: 'This list',
  },
  tour: {
    start: 'Tour',
    invite: (stops: number) => `New here? The tour has ${stops} stops and takes a minute.`,
    take: 'Take the tour',
    decline: 'No, thanks',
    stopOf: (n: number, of: number) => `Stop ${n} of ${of}`,
    end: 'End the tour',
    back: 'Back',
    next: 'Next',
    done: 'Done',
    stop: {
      model: {
        title: 'A small model is open',
        text: 'It is pretrained and comes with this page. Everything runs on your own machine; nothing is sent anywhere.',
      },
      data: {
        title: 'What it is trained on',
        text: 'A sample set or your own file. Coloured tokens count in the loss; grey ones are only read. Some examples form the validation split, which is never trained on.',
      },
      configure: {
        title: 'What is compared',
        text: 'Runs that differ in one thing only. LoRA updates every token; TS-LoRA has a threshold per module and skips the tokens whose update is below it. The defaults work.',
      },
      train: {
        title: 'Watch the training',
        text: 'Press Train. Point at a chart, and every chart shows the same step; drag to zoom in. Each has a “What is this?” that explains your own numbers. Below are samples that each run generates during training.',
      },
      inspect: {
        title: 'See what is skipped',
        text: 'Each cell of the map is one module. Select one to see its update norms and its threshold; move the slider back in time. Below is a text, token by token: point at a word.',
      },
      compare: {
        title: 'Compare and export',
        text: 'The base model and every run answer the same prompt. You can export an adapter as a file that Python loads.',
      },
    },
  },
  /** What a screen reader announces. */
  said: {
    phase: {
      idle: '',
      loading: '',
      checking: '',
      compiling: 'Preparing to train',
      training: 'Training',
      evaluating: 'Training',
      paused: 'Training is paused',
      stopped: 'Training has stopped; the adapters are kept',
      finished: 'Training has finished',
      failed: 'Training has failed',
    },
    ofSteps: (phase: string, percent: number) => `${phase}, ${percent} % of the steps`,
    reading: 'Reading the data',
    preparing: 'Tokenizing the data',
    sofar: (what: string, percent: number) => `${what}, ${percent} %`,
    ready: (train: number, validation: number) =>
      `The data are ready: ${train} train examples, ${validation} validation examples`,
  },
};
