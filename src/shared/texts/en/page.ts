/** The frame of the page: header, steps, footer, tour, keys. */
export const page = {
  title: 'Sieve: fine-tuning in a browser tab',
  skip: 'Skip to the content',
  claim: 'Teach a small language model in this tab, and see which tokens it can skip. Nothing leaves the tab.',
  steps: 'Steps',
  stepDone: '(done)',
  section: {
    model: 'Model', data: 'Data', configure: 'Configure', train: 'Train', inspect: 'Inspect', compare: 'Compare', experiment: 'Experiment', history: 'History',
  },
  privacy: 'Your data, the model and the adapters stay in this browser tab; there is no server behind this page. Only opening a model by its Hugging Face id fetches something, and sends nothing of yours.',
  offline: {
    preparing: 'Getting ready to work without a network…',
    ready: 'This page and both built-in models also work without a network. Your browser can install it as an app.',
    update: 'A new version of Sieve is ready. {reload}',
    updateLive: 'A new version of Sieve is ready. {reload} The run is saved and can be resumed.',
    reload: 'Reload into it',
    failed: 'This browser could not keep the page for use without a network.',
  },
  colours: 'Colours',
  theme: { auto: 'Auto', light: 'Light', dark: 'Dark', contrast: 'Contrast' },
  coloursAre: (theme: string) => `Colours: ${theme.toLowerCase()}`,
};
