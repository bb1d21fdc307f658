/** A menu: a button, and below it what it opens. */
import { type ReactNode, useEffect, useRef, useState } from 'react';

/** Distances in CSS pixels: from the button and the window's edge, and what a sheet needs at least below its button. */
const GAP = 4;
const EDGE = 8;
const LEAST = 160;

/** Below its button, or above where there is no room: fixed, since panels that scroll would cut it off. */
function putBelow(button: HTMLElement, sheet: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const below = innerHeight - at.bottom - GAP - EDGE;
  const under = below >= Math.min(LEAST, sheet.scrollHeight) || below >= at.top;
  const right = Math.min(innerWidth - at.right, innerWidth - sheet.offsetWidth - EDGE);
  Object.assign(sheet.style, {
    right: `${Math.max(EDGE, right)}px`,
    top: under ? `${at.bottom + GAP}px` : 'auto',
    bottom: under ? 'auto' : `${innerHeight - at.top + GAP}px`,
    maxHeight: `${Math.max(LEAST, under ? below : at.top - GAP - EDGE)}px`,
  });
}

/** At the right of its button, at its height or as far above as the window asks for. */
function putBeside(button: HTMLElement, sheet: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const top = Math.min(at.top, innerHeight - EDGE - sheet.offsetHeight);
  Object.assign(sheet.style, {
    left: `${at.right + GAP}px`,
    top: `${Math.max(EDGE, top)}px`,
    maxHeight: `${innerHeight - 2 * EDGE}px`,
  });
}

/**
 * A menu that opens below its button, and closes with Escape, with a click elsewhere, and where the focus leaves it.
 */
export function Menu({
  label,
  sign,
  className = '',
  beside = false,
  children,
}: {
  label: string;
  /** What the button shows; its label where absent. */
  sign?: ReactNode;
  className?: string;
  /** Opens beside its button instead. */
  beside?: boolean;
  children: ReactNode;
}) {
  const menu = useRef<HTMLDetailsElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) return;
    const put = () => {
      if (menu.current && sheet.current) (beside ? putBeside : putBelow)(menu.current, sheet.current);
    };
    put();
    addEventListener('scroll', put, { capture: true, passive: true });
    addEventListener('resize', put);
    return () => {
      removeEventListener('scroll', put, { capture: true });
      removeEventListener('resize', put);
    };
  }, [open, beside]);
  useEffect(() => {
    const outside = (event: Event) => {
      const opened = menu.current;
      const { target } = event;
      // A dialog that was opened from here gives the focus back to its button.
      if (opened?.open && target instanceof Element && !opened.contains(target) && !target.closest('dialog'))
        opened.open = false;
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, []);
  return (
    // Escape closes what the summary has opened.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <details
      ref={menu}
      className={`menu ${className}`}
      onToggle={(e) => {
        // Menus inside tell of themselves, too.
        if (e.target === menu.current) setOpen(e.currentTarget.open);
      }}
      onKeyDown={(e) => {
        if (e.key !== 'Escape' || !menu.current?.open) return;
        // React hands on what happens in a dialog that was opened from here; the dialog alone closes.
        if (e.target instanceof Element && e.target.closest('dialog')) return;
        menu.current.open = false;
        menu.current.querySelector('summary')?.focus();
        e.stopPropagation();
      }}
    >
      <summary aria-label={sign === undefined ? undefined : label} title={sign === undefined ? undefined : label}>
        {sign ?? label}
      </summary>
      <div ref={sheet} className="menu-sheet">
        {children}
      </div>
    </details>
  );
}
