/** Starts the page: one studio, one React root. */
import { createRoot } from 'react-dom/client';
import { language } from './shared/texts';
import { hubHost, startModel, startSettings } from './store/pageUrl';
import { Studio } from './store/studio';
import { App } from './ui/App';
import { firstLanguage } from './ui/language';
import { StudioContext } from './ui/studioContext';
import { rememberedTheme, wearTheme } from './ui/theme';
import './ui/styles/tokens.css';
import './ui/styles/page.css';
import './ui/styles/parts.css';
import './ui/styles/data.css';
import './ui/styles/configure.css';
import './ui/styles/states.css';

const studio = new Studio({ baseUrl: import.meta.env.BASE_URL, hubHost: hubHost(location.href), startModel: startModel(location.href), startSettings: startSettings(location.href) });
studio.setTheme(rememberedTheme());
// Before the first paint; from then on the toggle sees to it.
wearTheme(rememberedTheme())();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const first = firstLanguage(navigator.languages);
if (first !== language()) await studio.setLanguage(first);
createRoot(root).render(<StudioContext value={studio}><App /></StudioContext>);
studio.watchOffline();
void studio.openStorage();
void studio.boot();
document.addEventListener('visibilitychange', () => studio.checkpoints.visible(document.visibilityState === 'visible'));
