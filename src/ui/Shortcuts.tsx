/** Keys that work anywhere on the page, and the dialog that lists them. */
import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { texts } from '../shared/texts';
import { Check } from './bits';
import { changeLanguage } from './language';
import { goTo } from './frame/router';
import { type KeyedPlace, titleOf } from './sections';
import { type Shortcut, rememberShortcuts, SHORTCUTS, shortcutFor, shortcutsOn } from './shortcuts';
import { useStudio } from './studioContext';

const GROUPS = [...new Set(SHORTCUTS.map((s) => s.group))];

export function Shortcuts() {
  const studio = useStudio();
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const [on, setOn] = useState(shortcutsOn);
  const id = useId();
  const open = useCallback(() => {
    // A modal dialog keeps the focus, closes with Escape, and gives the focus back to where it was.
    dialog.current?.showModal();
    title.current?.focus();
  }, []);
  useEffect(() => {
    if (!on) return;
    const press = (event: KeyboardEvent) => {
      if (document.querySelector('dialog:modal')) return;
      const shortcut = shortcutFor(event as unknown as Parameters<typeof shortcutFor>[0]);
      if (
        shortcut?.run({
          studio,
          goTo: toTitle,
          openHelp: open,
          speak: (next) => void changeLanguage(studio, next),
        })
      )
        event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [on, open, studio]);
  const t = texts().page.keys;
  return (
    <>
      <button
        type="button"
        className="quiet"
        aria-haspopup="dialog"
        aria-keyshortcuts={on ? '?' : undefined}
        onClick={open}
        data-testid="shortcuts-open"
      >
        {t.title}
        <kbd aria-hidden="true">?</kbd>
      </button>
      {createPortal(
        <dialog ref={dialog} className="keys" aria-labelledby={`${id}-title`} data-testid="shortcuts">
          <div className="stack">
            <h2 id={`${id}-title`} ref={title} tabIndex={-1}>
              {t.title}
            </h2>
            <div className="key-groups">
              {GROUPS.map((group) => (
                <Group key={group} name={t.group[group]} keys={SHORTCUTS.filter((s) => s.group === group)} />
              ))}
            </div>
            <p className="help">{t.help}</p>
            <Check
              checked={on}
              onChange={(next) => {
                setOn(next);
                rememberShortcuts(next);
              }}
            >
              {t.on}
            </Check>
            <form method="dialog">
              <button type="submit" className="primary" data-testid="shortcuts-close">
                {t.close}
              </button>
            </form>
          </div>
        </dialog>,
        document.body,
      )}
    </>
  );
}

/** To a place; where it is open already, back to its title, and what is open in it stays. */
function toTitle(place: KeyedPlace): void {
  const title = document.getElementById(titleOf(place));
  if (title?.checkVisibility()) title.focus();
  else goTo({ place });
}

function Group({ name, keys }: { name: string; keys: Shortcut[] }) {
  return (
    <section>
      <h3>{name}</h3>
      <dl className="key-list">
        {keys.map(({ key, what }) => (
          <div key={key}>
            <dt>
              <KeyName name={key} />
            </dt>
            <dd>{what()}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A capital is typed with Shift. */
function KeyName({ name }: { name: string }) {
  return /^[A-Z]$/.test(name) ? (
    <>
      <kbd>Shift</kbd> <kbd>{name}</kbd>
    </>
  ) : (
    <kbd>{name}</kbd>
  );
}
