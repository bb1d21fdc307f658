/**
 * A picture with its patches shaded: what is skipped fades. Arrow keys and clicks choose a patch, and the pointer looks
 * at one; what a patch says stands below, and is read out as the keys move.
 */
import { type CSSProperties, type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react';
import type { WatchedPicture } from '../../shared/data';
import { texts } from '../../shared/texts';
import { Picture } from '../Picture';
import { movedPatch, patchAt } from './patchMoves';

interface Props {
  picture: WatchedPicture;
  step: number;
  /** By token, 0 (faded) to 1. */
  shares: ArrayLike<number>;
  /** What a token's gates say, in words. */
  describe: (token: number) => string;
  token: number;
  onToken: (token: number) => void;
  /** The token under the pointer; null once it has left. */
  onPoint: (token: number | null) => void;
  /** Stands beside the picture. */
  legend: ReactNode;
}

export function PatchView({ picture, step, shares, describe, token, onToken, onPoint, legend }: Props) {
  const t = texts().charts.patches;
  const { side, label } = picture;
  const [pointed, setPointed] = useState<number | null>(null);
  const [spoken, setSpoken] = useState('');
  const point = (to: number | null) => {
    if (to === pointed) return;
    setPointed(to);
    onPoint(to);
  };
  const under = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return patchAt(event.clientX - box.left, event.clientY - box.top, { side, width: box.width });
  };
  const key = (event: KeyboardEvent) => {
    const next = movedPatch(event.key, token, side);
    if (next === null) return;
    event.preventDefault();
    onToken(next);
    setSpoken(describe(next));
  };
  const veil = (at: number): CSSProperties => ({ '--faded': String(1 - shares[at]) }) as CSSProperties;
  const shown = pointed ?? token;
  return (
    <div className="patch-view">
      {/* An application is moved by its own keys. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        className="patches"
        role="application"
        aria-roledescription={texts().charts.map.role}
        aria-label={t.label(label)}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        data-testid="patch-view"
        data-step={step}
        onKeyDown={key}
      >
        <span
          className={`patch patch-first${shown === 0 ? ' patch-shown' : ''}`}
          style={veil(0)}
          data-token={0}
          data-share={shares[0]}
          aria-hidden="true"
          title={describe(0)}
          onClick={() => onToken(0)}
          onPointerEnter={() => point(0)}
          onPointerLeave={() => point(null)}
        >
          {t.classToken}
        </span>
        <div
          className="patch-picture"
          aria-hidden="true"
          title={describe(shown)}
          onPointerMove={(e) => point(under(e))}
          onPointerLeave={() => point(null)}
          onClick={(e) => {
            const to = under(e as unknown as PointerEvent<HTMLElement>);
            if (to !== null) onToken(to);
          }}
        >
          <Picture shown={picture.shown} label="" />
          <div className="patch-grid" style={{ '--side': String(side) } as CSSProperties}>
            {Array.from({ length: side * side }, (_, p) => (
              <span
                key={p}
                className={`patch${shown === p + 1 ? ' patch-shown' : ''}`}
                style={veil(p + 1)}
                data-token={p + 1}
                data-share={shares[p + 1]}
              />
            ))}
          </div>
        </div>
      </div>
      <div className="patch-notes">
        <p className="map-note num" data-testid="patch-note">
          {describe(shown)}
        </p>
        {legend}
      </div>
      <p className="sr-only" aria-live="polite">
        {spoken}
      </p>
    </div>
  );
}
