/** A drawing in the frame that every chart has: as wide as there is room, and as files of one size. */
import { type ComponentProps, useRef } from 'react';
import { ChartFrame } from './ChartFrame';
import { useChartColors } from './chartColors';
import { type Drawing, DrawingView } from './drawing';
import { drawingPicture } from './drawingPicture';
import { useWidth } from './useWidth';

/** Widths in CSS pixels: of the files, and of a drawing on the page at most. */
const FILE = 720;
const WIDEST = 860;

interface Props extends Omit<ComponentProps<typeof ChartFrame>, 'picture' | 'children'> {
  draw: (width: number) => Drawing;
}

export function Figure({ draw, ...frame }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host, FILE);
  const colors = useChartColors();
  return (
    <ChartFrame {...frame} picture={() => drawingPicture(draw(FILE), colors)}>
      <div ref={host}>
        <DrawingView drawing={draw(Math.min(width, WIDEST))} />
      </div>
    </ChartFrame>
  );
}
