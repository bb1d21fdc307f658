/** Menus of the top bar: what leaves the page, and what the page itself can be told. */
import { texts } from '../../shared/texts';
import { hashOf } from '../../store/route';
import { settingsUrl } from '../../store/pageUrl';
import { RunMark } from '../bits';
import { LanguageToggle } from '../LanguageToggle';
import { say } from '../announcer';
import { Shortcuts } from '../Shortcuts';
import { ThemeToggle } from '../ThemeToggle';
import { Tour } from '../Tour';
import { useSel, useStudio } from '../studioContext';
import { Menu } from './Menu';
import { goTo } from './router';

/**
 * Copies the address of these settings and this view; where the browser forbids that, the settings have it to be copied
 * by hand.
 */
export function ShareButton() {
  const t = texts().frame;
  const { configure } = useStudio();
  const model = useSel((s) => s.model.source);
  const data = useSel((s) => s.dataset.origin);
  const wrong = useSel((s) => s.runs.draftError !== null);
  const share = async () => {
    const link = configure.link();
    if (link === null) return;
    try {
      await navigator.clipboard.writeText(settingsUrl(location.href, link, { model, data }));
      say(t.shared);
    } catch {
      goTo({ place: 'settings' });
    }
  };
  return (
    <button type="button" className="quiet" data-testid="share" disabled={wrong} onClick={() => void share()}>
      {t.share}
    </button>
  );
}

export function ExportMenu() {
  const t = texts().frame;
  const studio = useStudio();
  const session = useSel((s) => s.runs.session);
  const phase = useSel((s) => s.runs.phase);
  const added = useSel((s) => s.compare.added.length > 0);
  const runs = session && phase !== 'compiling' ? session.config.runs.filter((r) => !session.gone?.has(r.id)) : [];
  return (
    <Menu label={t.export} className="menu-export">
      <button
        type="button"
        className="quiet"
        data-testid="share-result"
        disabled={(session === null && !added) || phase === 'compiling'}
        onClick={() =>
          void import('../compare/saveResult').then(({ saveResult }) => saveResult(studio.store.getState()))
        }
      >
        {t.shareResult}
      </button>
      {runs.length === 0 && <p className="help">{t.nothingToExport}</p>}
      {runs.map((run) => (
        <button
          key={run.id}
          type="button"
          className="quiet"
          aria-haspopup="dialog"
          data-testid={`quick-export-${run.id}`}
          onClick={() => studio.exports.ask(run.id)}
        >
          <RunMark index={session!.config.runs.indexOf(run) + 1} />
          {texts().exports.open(run.name)}
        </button>
      ))}
      <a href={hashOf({ place: 'history', tab: 'source' })}>{t.place.history}</a>
    </Menu>
  );
}

export function MoreMenu() {
  const { frame: t } = texts();
  const studio = useStudio();
  const presenting = useSel((s) => s.ui.presenting);
  return (
    <Menu label={t.more} sign={<span aria-hidden="true">⋯</span>} className="menu-more">
      <Tour />
      <Shortcuts />
      <button
        type="button"
        className="quiet"
        aria-pressed={presenting}
        data-testid="presenter"
        onClick={() => studio.present(!presenting)}
      >
        {t.presenter}
        <kbd aria-hidden="true">P</kbd>
      </button>
      <LanguageToggle />
      <ThemeToggle />
    </Menu>
  );
}
