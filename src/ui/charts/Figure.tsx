/** A drawing in the frame that every chart has: as wide as there is room, and as files of one size. */
import { type ComponentProps, useRef } from 'react';
import { ChartFrame } from './ChartFrame';
import { useChartColors } from './chartColors';
import { type Drawing, DrawingView } from './drawing';
import { drawingPicture } from './drawingPicture';
import { useMedia } from './useMedia';
import { useWidth } from './useWidth';

/** Widths in CSS pixels: of the files, and of a drawing on the page at most. */
const FILE = 720;
const WIDEST = 860;

interface Props extends Omit<ComponentProps<typeof ChartFrame>, 'picture' | 'children'> {
  /** @param low on a window as low as a laptop's; files are the same everywhere */
  draw: (width: number, low: boolean) => Drawing;
  /** Scrolls by itself on the page: it may have many rows. */
  tall?: boolean;
}

export function Figure({ draw, tall = false, ...frame }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host, FILE);
  const low = useMedia('(max-height: 52rem)');
  const colors = useChartColors();
  return (
    <ChartFrame {...frame} picture={() => drawingPicture(draw(FILE, false), colors)}>
      <div ref={host} className={tall ? 'tall' : undefined}>
        <DrawingView drawing={draw(Math.min(width, WIDEST), low)} />
      </div>
    </ChartFrame>
  );
}
