/** Starts the page: one studio, one React root. */
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { language, speakOfErrors } from './shared/texts';
import { names } from './shared/texts/names';
import { say } from './shared/texts/say';
import { describeErrors } from './shared/errors';
import { hubHost, startData, startDevice, startHub, startModel, startSettings } from './store/pageUrl';
import { Studio } from './store/studio';
import { App } from './ui/App';
import { rememberedDevice } from './ui/device';
import { firstLanguage, speakOn } from './ui/language';
import { StudioContext } from './ui/studioContext';
import { rememberedTheme, applyTheme } from './ui/theme';

// On its way while the first frames are drawn.
const errorWords = speakOfErrors().catch((error: unknown) => console.warn('errors are shown as codes', error));
const { href } = location;
describeErrors(say);
const studio = new Studio({
  names,
  baseUrl: import.meta.env.BASE_URL,
  hubHost: hubHost(href),
  startModel: startModel(href),
  startHub: startHub(href),
  startData: startData(href),
  startDevice: startDevice(href) ?? rememberedDevice(),
  startSettings: startSettings(href),
});
// On its way while the first frames are drawn; `boot` says what goes wrong.
studio.models.list().catch(() => {});
studio.setTheme(rememberedTheme());
// Before the first paint; from then on the toggle sees to it.
applyTheme(rememberedTheme())();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const first = firstLanguage(navigator.languages);
if (first !== language()) await speakOn(studio, first);
// One after the other, each painted: what index.html has, the page, and then the model, which takes every core.
await painted();
flushSync(() =>
  createRoot(root).render(
    <StudioContext value={studio}>
      <App />
    </StudioContext>,
  ),
);
await painted();
await errorWords;
studio.watchOffline();
void studio.openStorage();
void studio.boot();
document.addEventListener('visibilitychange', () => studio.checkpoints.visible(document.visibilityState === 'visible'));

/** After the next paint, or 1 s later: a hidden tab has none. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 1000);
  });
}
